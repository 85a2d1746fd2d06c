"""A run never takes another one's folder or ports from it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from local.processes import PartFailedError
from local.stack import Ports, Stack


async def test_a_second_run_in_the_same_folder_is_refused_and_leaves_the_first_as_it_is(tmp_path: Path) -> None:
    first = Stack(tmp_path / "run")
    kept = tmp_path / "run" / "storage" / "kept"
    kept.touch()

    with pytest.raises(PartFailedError, match="in use by another run"):
        Stack(tmp_path / "run")

    assert kept.exists()
    await first.stop()
    await Stack(tmp_path / "run").stop()
    assert not kept.exists()


def test_a_port_that_is_taken_is_named_before_anything_is_emptied(tmp_path: Path) -> None:
    kept = tmp_path / "run" / "kept"
    kept.parent.mkdir()
    kept.touch()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PartFailedError, match=f"port {port} is in use"):
            Stack(tmp_path / "run", ports=Ports(host=port))
    assert kept.exists()
