"""One large file in each direction, with a cut every twentieth part of it and download URLs that expire on the way.

The servers, and the process that moves the bytes, are processes of their own. The file's bytes are compared on the
disk of the target, block by block; both sides count what went over the wire; the mover's memory stays flat.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.report import heading, line
from tests.bench.servers import Servers, servers
from tests.soak import inward, outward
from tests.soak.findings import Findings

MIB, GIB = 1 << 20, 1 << 30
COPIES = 3  # of the file that may lie on the disk at a time: source, target, and a part that was cut off

type Direction = Callable[[Servers, int, int], Awaitable[Findings]]

DIRECTIONS: dict[str, Direction] = {"in": inward.carry, "out": outward.carry}


@dataclass(frozen=True, slots=True)
class Plan:
    size: int
    cut: int
    names: tuple[str, ...]

    @classmethod
    def of(cls, options: argparse.Namespace) -> Plan:
        cut = options.cut_mib or options.gib * 50
        names = (options.direction,) if options.direction else tuple(DIRECTIONS)
        return cls(int(options.gib * GIB), int(cut * MIB), names)


async def soak(options: argparse.Namespace) -> int:
    plan = Plan.of(options)
    found = []
    for name in plan.names:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            if (free := shutil.disk_usage(folder).free) < COPIES * plan.size:
                print(
                    f"{folder} has {free / GIB:.1f} GiB free, and {COPIES * plan.size / GIB:.1f} are needed: "
                    "name another place with --folder, or a smaller file with --gib"
                )
                return 2
            heading(f"large: {plan.size / GIB:g} GiB, a cut every {plan.cut / MIB:g} MiB, direction {name}")
            async with servers(Path(folder)) as there:
                found.append(await DIRECTIONS[name](there, plan.size, plan.cut))
            for label, text in found[-1].rows():
                line(label, text)
    return 0 if all(one.hold for one in found) else 1
