from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from shared import settings
from shared.errors import SettingsProblem

ROOT = Path(__file__).parents[2]
EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text("utf-8"))["Values"]
OF_THE_PLATFORM = {"FUNCTIONS_WORKER_RUNTIME", "WEBSITE_SITE_NAME", "WEBSITE_AUTH_ENABLED"}


def problems(**changes: str | None) -> list[str]:
    """What is wrong with the example's settings after these changes; None leaves one out."""
    environment = {name: value for name, value in (EXAMPLE | changes).items() if value is not None}
    try:
        settings.load(environment)
    except SettingsProblem as problem:
        return list(problem.problems)
    return []


def test_the_example_is_in_order() -> None:
    assert problems() == []


def test_the_example_names_exactly_what_is_read() -> None:
    class Recording(Mapping[str, str]):
        def __init__(self) -> None:
            self.asked: set[str] = set()

        def __getitem__(self, name: str) -> str:
            self.asked.add(name)
            return EXAMPLE[name]

        def __iter__(self) -> Iterator[str]:
            return iter(EXAMPLE)

        def __len__(self) -> int:
            return len(EXAMPLE)

    environment = Recording()
    settings.load(environment)
    app = (ROOT / "function_app.py").read_text("utf-8")

    by_identity = {name for name in environment.asked if name.startswith(f"{settings.STORAGE}__")}
    of_triggers = set(re.findall(r"%([A-Z_]+)%", app))
    assert of_triggers == set(re.findall(r'"([A-Z_]+_SCHEDULE)"', app)), "all of them are checked at start"
    assert environment.asked - by_identity - OF_THE_PLATFORM | of_triggers == set(EXAMPLE) - OF_THE_PLATFORM


def test_every_problem_is_named_at_once() -> None:
    found = problems(
        AzureWebJobsStorage=None,
        BRIDGE_TENANT_ID=None,
        NOTIFICATION_SECRET="short",
        CELUM_URL="http://celum.example/content-api/v1",
        CELUM_API_KEY="@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/celum)",
        CELUM_ASSET_URL="https://celum.example/asset",
        BRIDGE_TIME_SCALE="fast",
    )
    names = ["AzureWebJobsStorage", "BRIDGE_TENANT_ID", "NOTIFICATION_SECRET", "CELUM_URL", "CELUM_API_KEY"]
    names += ["BRIDGE_TIME_SCALE", "CELUM_ASSET_URL"]
    assert [problem.split(" ")[0] for problem in found] == names


def test_a_missing_schedule_is_named_with_the_rest() -> None:
    with pytest.raises(SettingsProblem) as raised:
        settings.load({**EXAMPLE, "CELUM_API_KEY": ""}, schedules=["SEND_DUE_SCHEDULE", "OTHER_SCHEDULE"])
    assert [problem.split(" ")[0] for problem in raised.value.problems] == ["OTHER_SCHEDULE", "CELUM_API_KEY"]


def test_a_key_vault_reference_that_was_not_resolved_is_one_problem_that_says_so() -> None:
    (problem,) = problems(CELUM_API_KEY="@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/celum)")
    assert problem == ("CELUM_API_KEY is a Key Vault reference that was not resolved; check the vault and its access")


def test_a_value_of_spaces_is_missing() -> None:
    (problem,) = problems(BRIDGE_TENANT_ID="  ")
    assert problem.startswith("BRIDGE_TENANT_ID is missing: ")


AZURE = {
    "WEBSITE_SITE_NAME": "bridge",
    "AzureWebJobsStorage": None,
    "AzureWebJobsStorage__queueServiceUri": "https://bridge.queue.core.windows.net",
    "AzureWebJobsStorage__tableServiceUri": "https://bridge.table.core.windows.net",
    "NOTIFICATION_SECRET": "k1:a secret that nobody has read",
    "GRAPH_LOCAL_TOKEN": "",
}


def test_what_the_local_stack_is_run_with_is_refused_in_azure() -> None:
    assert problems(**AZURE) == []
    found = problems(**AZURE | {name: EXAMPLE[name] for name in EXAMPLE.keys() & AZURE.keys()})
    assert [problem.split(" ")[0] for problem in found] == [
        "AzureWebJobsStorage",
        "NOTIFICATION_SECRET",
        "GRAPH_LOCAL_TOKEN",
    ]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CELUM_URL", "https://[dam/x", "an https URL is needed"),
        ("CELUM_URL", "https://dam:abc/x", "an https URL is needed"),
        ("CELUM_API_KEY", "Bearer abc", "without any prefix"),
        ("CELUM_API_KEY", "abc\ndef", "a line break"),
        ("CELUM_API_KEY", "@microsoft.AppConfiguration(Endpoint=x; Key=y)", "an App Configuration reference"),
        ("BRIDGE_TENANT_ID", "%TENANT%", "a GUID"),
        ("BRIDGE_TENANT_ID", "acme.com", "a GUID"),
    ],
)
def test_a_value_that_can_never_work_is_named_beside_one_that_is_missing(name: str, value: str, told: str) -> None:
    missing, found = sorted(problems(**{name: value, "BRIDGE_PUBLIC_URL": None}), key=lambda one: one.startswith(name))
    assert missing.startswith("BRIDGE_PUBLIC_URL is missing")
    assert found.startswith(f"{name} ")
    assert told in found


def test_a_schedule_has_six_fields() -> None:
    with pytest.raises(SettingsProblem) as raised:
        settings.load(
            {**EXAMPLE, "SEND_DUE_SCHEDULE": "* * * * *", "CELUM_API_KEY": ""}, schedules=["SEND_DUE_SCHEDULE"]
        )
    assert [problem.split(" ")[0] for problem in raised.value.problems] == ["SEND_DUE_SCHEDULE", "CELUM_API_KEY"]


def test_time_runs_as_it_is_in_azure() -> None:
    assert problems(**AZURE, BRIDGE_TIME_SCALE="1") == []
    (problem,) = problems(**AZURE, BRIDGE_TIME_SCALE="30")
    assert "remove it in Azure" in problem


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "10001", "twice"])
def test_a_time_scale_is_a_number_above_0_and_within_reason(scale: str) -> None:
    (problem,) = problems(BRIDGE_TIME_SCALE=scale)
    assert problem == f'BRIDGE_TIME_SCALE is "{scale}": a number above 0 is needed'


@pytest.mark.parametrize("name", ["BRIDGE_PUBLIC_URL", "GRAPH_URL", "CELUM_URL"])
@pytest.mark.parametrize(
    "url", ["http://bridge.example", "http://127.0.0.1.example", "ftp://127.0.0.1", "bridge.example", "https://"]
)
def test_plain_http_leads_to_this_machine_only(name: str, url: str) -> None:
    found = problems(**{name: url, "GRAPH_LOCAL_TOKEN": ""})
    assert found == [f'{name} is "{url}": an https URL is needed (http only to this machine)']


@pytest.mark.parametrize("url", ["https://bridge.example", "http://localhost:7071", "http://[::1]:7071"])
def test_https_and_loopback_are_fine(url: str) -> None:
    assert problems(BRIDGE_PUBLIC_URL=url) == []


@pytest.mark.parametrize("name", ["NOTIFICATION_SECRET", "NOTIFICATION_SECRET_PREVIOUS"])
@pytest.mark.parametrize(
    "key",
    ["no-key-id-but-long-enough", "k1:fifteen-letters", "waytoolongid:long-enough-secret", "k-1:long-enough-secret"],
)
def test_a_key_has_an_id_and_a_long_secret(name: str, key: str) -> None:
    (problem,) = problems(**{name: key})
    assert problem.startswith(f"{name} must read <key id>:<secret>")
    assert key not in problem


def test_a_secret_may_hold_colons() -> None:
    loaded = settings.load({**EXAMPLE, "NOTIFICATION_SECRET": "k2:sixteen:letters:and:more"})
    assert loaded.notification_key == ("k2", "sixteen:letters:and:more")


def test_the_local_token_never_goes_to_graph_itself() -> None:
    (problem,) = problems(GRAPH_URL="https://graph.microsoft.com")
    assert problem.startswith("GRAPH_LOCAL_TOKEN is for a simulator on this machine only")


def test_storage_is_reached_by_connection_string_or_by_identity() -> None:
    azure = {name: value for name, value in AZURE.items() if name.startswith("Azure")}
    assert problems(**azure) == []
    assert len(problems(**azure | {"AzureWebJobsStorage__tableServiceUri": None})) == 1


def test_an_asset_url_says_where_the_id_goes() -> None:
    assert problems(CELUM_ASSET_URL="") == []
    assert problems(CELUM_ASSET_URL="https://celum.example/") == [
        "CELUM_ASSET_URL must contain {id}, where the asset's id goes"
    ]
