from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from local.azurite import Azurite
from local.processes import ROOT, FunctionsHostProcess, HostFailedError
from local.stack import EXAMPLE

SETTINGS: dict[str, str] = json.loads(EXAMPLE.read_text("utf-8"))["Values"]
HEAVY = ("aiohttp", "azure.data.tables", "azure.identity", "azure.storage.queue", "msgraph", "numpy", "ruamel")


async def test_missing_and_unresolved_settings_are_named_at_start_all_at_once(tmp_path: Path) -> None:
    file = tmp_path / "local.settings.json"
    values = {
        name: text for name, text in SETTINGS.items() if name not in {"BRIDGE_TENANT_ID", "SWEEP_DRIVES_SCHEDULE"}
    }
    values["CELUM_API_KEY"] = "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/celum)"
    values["NOTIFICATION_SECRET"] = "k1:short"
    file.write_text(json.dumps({"Values": values}))
    host = FunctionsHostProcess(ROOT, settings_file=file)

    with pytest.raises(HostFailedError) as failed:
        await host.start()

    assert host.returncode == 1
    for said in (
        "BRIDGE_TENANT_ID is missing: the directory (tenant) id of Microsoft 365",
        "SWEEP_DRIVES_SCHEDULE is missing: ",
        "CELUM_API_KEY is a Key Vault reference that was not resolved",
        "NOTIFICATION_SECRET must read <key id>:<secret>",
    ):
        assert said in str(failed.value)
    assert "k1:short" not in str(failed.value)


async def test_storage_that_is_not_there_ends_the_start(azurite: Azurite) -> None:
    gone = azurite.connection_string.replace(f":{azurite.ports['queue']}/", ":1/")
    host = FunctionsHostProcess(ROOT, settings=SETTINGS | {"AzureWebJobsStorage": gone})
    with pytest.raises(HostFailedError, match="storage of the app cannot be used"):
        await host.start()
    assert host.returncode == 1


async def test_A17_importing_the_app_loads_no_sdk_that_the_webhook_does_not_need() -> None:
    look = f"import sys, function_app; print([name for name in {HEAVY!r} if name in sys.modules])"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", look), cwd=ROOT, env={**os.environ, **SETTINGS}, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert (process.returncode, said.decode().strip()) == (0, "[]")
