from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from shared.domain.ids import DriveId, ItemId
from shared.errors import HostNotAllowed, SettingsProblem
from shared.onedrive import LocalToken, OneDrive, OneDriveSettings
from shared.onedrive.hosts import check_content_host, check_origin
from shared.onedrive.notifications import Secrets

SETTINGS = OneDriveSettings(
    credential=LocalToken,
    user_agent="NONISV|Acme|OneDriveCelumBridge/0.1",
    tenant="t",
    notification_url="https://bridge.example/api/graph/notifications",
    secrets=Secrets(current=("k1", "do not show me")),
)


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_A17_the_webhook_loads_no_sdk() -> None:
    heavy = {"msgraph", "azure.identity", "azure.core", "aiohttp", "httpx", "pydantic", "numpy", "defusedxml"}
    for module in ("shared.onedrive.notifications", "shared.onedrive", "shared.documents"):
        assert loaded_by(module) & heavy == set(), module


async def test_a_fixed_token_is_never_sent_to_the_real_service() -> None:
    onedrive = OneDrive(SETTINGS)
    with pytest.raises(SettingsProblem, match="loopback"):
        await onedrive.folder(DriveId("b!d"), ItemId("i"))
    await onedrive.close()


@pytest.mark.parametrize("url", ["http://graph.microsoft.com", "http://127.0.0.1.example", "ftp://127.0.0.1x"])
def test_graph_is_reached_by_https_except_on_this_machine(url: str) -> None:
    with pytest.raises(SettingsProblem, match="https"):
        replace(SETTINGS, base_url=url)


@pytest.mark.parametrize(
    "url", ["https://graph.microsoft.com", "https://graph.microsoft.com/", "https://graph.microsoft.com/v1.0/"]
)
def test_no_url_has_a_double_slash(url: str) -> None:
    link = OneDrive(replace(SETTINGS, base_url=url)).delta_start(DriveId("b!d"))
    assert link.startswith("https://graph.microsoft.com/v1.0/drives/b%21d/root/delta?")


def test_secrets_are_not_shown() -> None:
    assert "do not show me" not in repr(SETTINGS)


@pytest.mark.parametrize(
    "url",
    [
        "https://graph.microsoft.com.evil.example/v1.0/x",
        "http://graph.microsoft.com/v1.0/x",
        "https://graph.microsoft.com:8443/v1.0/x",
        "https://user@graph.microsoft.com/v1.0/x",
        "https://graph.microsoft.com@evil.example/v1.0/x",
        "https://[::1",
        "/v1.0/x",
        "",
    ],
)
def test_C21_a_link_leads_to_the_server_it_came_from_or_nowhere(url: str) -> None:
    with pytest.raises(HostNotAllowed, match="GRAPH_URL"):
        check_origin(url, "https://graph.microsoft.com")
    check_origin("https://graph.microsoft.com/v1.0/x", "https://graph.microsoft.com/")


def test_F14_content_hosts_are_suffixes_of_whole_labels() -> None:
    for good in ("https://acme.sharepoint.com/x", "https://sharepoint.com/x", "https://ACME-my.SharePoint.com:443/x"):
        check_content_host(good, ("sharepoint.com",), local=False)
    for bad in (
        "https://evilsharepoint.com/x",
        "http://acme.sharepoint.com/x",
        "http://localhost/x",
        "https://u@a.sharepoint.com",
    ):
        with pytest.raises(HostNotAllowed):
            check_content_host(bad, ("sharepoint.com",), local=False)
    check_content_host("http://localhost:1/x", (), local=True)
