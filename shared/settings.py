"""App settings: read once, every problem reported together.

The same names stand in `local.settings.example.json` and in the README; a test holds them equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from shared.errors import SettingsProblem

STORAGE = "AzureWebJobsStorage"  # the platform's own name; connection="AzureWebJobsStorage" on every trigger
# How a reference arrives that the platform could not resolve.
UNRESOLVED = {"@microsoft.keyvault(": "a Key Vault", "@microsoft.appconfiguration(": "an App Configuration"}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
EXAMPLE_SECRET = "change-me-before-any-use"  # noqa: S105  published with this code, so it proves nothing
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
SCHEDULE = re.compile(r"[\w*/,-]+(\s+[\w*/,-]+){5}", re.ASCII)
SHAREPOINT_HOSTS = "sharepoint.com,sharepoint.us,sharepoint.cn,svc.ms"  # where Graph's pre-authenticated URLs lead


@dataclass(frozen=True, slots=True)
class Storage:
    """Azurite by connection string, Azure by identity: the rule of the platform's own triggers."""

    connection_string: str | None
    queue_uri: str | None
    table_uri: str | None
    client_id: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    storage: Storage
    tenant: str
    public_url: str
    notification_key: tuple[str, str]  # key id, secret
    previous_notification_key: tuple[str, str] | None
    graph_url: str
    graph_local_token: str | None
    graph_user_agent: str
    identity_client_id: str | None
    content_hosts: tuple[str, ...]
    celum_url: str
    celum_key: str
    celum_username: str | None
    celum_client: str | None
    celum_upload_hosts: tuple[str, ...]
    celum_asset_url: str | None
    flows_file: str
    flows_generation: datetime | None
    time_scale: float
    in_azure: bool = False
    sign_in: bool = False  # the platform's authentication stands before the app and writes its headers

    @property
    def notification_url(self) -> str:
        return f"{self.public_url}/api/graph/notifications"


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def optional(self, name: str) -> str | None:
        value = self.environment.get(name, "").strip()
        for sign, kind in UNRESOLVED.items():
            if value.casefold().startswith(sign):
                self.problems.append(
                    f"{name} is {kind} reference that was not resolved; check the vault and its access"
                )
                return None
        return value or None

    def required(self, name: str, why: str) -> str:
        value = self.optional(name)
        if value is None and not any(p.startswith(f"{name} ") for p in self.problems):
            self.problems.append(f"{name} is missing: {why}")
        return value or ""

    def url(self, name: str, why: str, default: str | None = None) -> str:
        value = self.optional(name) or default or self.required(name, why)
        if not value:
            return ""
        if not _is_safe(value):
            self.problems.append(f'{name} is "{value}": an https URL is needed (http only to this machine)')
        return value.rstrip("/")

    def tenant(self) -> str:
        value = self.required("BRIDGE_TENANT_ID", "the directory (tenant) id of Microsoft 365")
        if value and not GUID.fullmatch(value):
            self.problems.append(f'BRIDGE_TENANT_ID is "{value}": the directory id is needed, a GUID, not its name')
        return value

    def celum_key(self) -> str:
        value = self.required("CELUM_API_KEY", "the key of the service user, without any prefix")
        if re.search(r"\s", value):
            self.problems.append(
                "CELUM_API_KEY holds a space or a line break: the key alone is needed, without any prefix"
            )
        return value

    def schedule(self, name: str) -> None:
        why = "six fields: {second} {minute} {hour} {day} {month} {day of week}"
        value = self.required(name, f"when the timer rings, as {why}")
        if value and not SCHEDULE.fullmatch(value):
            self.problems.append(f'{name} is "{value}": {why} are needed')

    def is_for_azure(self, settings: Settings) -> None:
        """What the local stack is run with has no place where everybody can reach the app."""
        if settings.storage.connection_string == DEVELOPMENT_STORAGE:
            self.problems.append(
                f"{STORAGE} is the emulator's: name the storage account by {STORAGE}__queueServiceUri …"
            )
        if EXAMPLE_SECRET in (settings.notification_key[1], (settings.previous_notification_key or ("", ""))[1]):
            self.problems.append("NOTIFICATION_SECRET is the published example: make a secret of your own")
        if settings.graph_local_token:
            self.problems.append("GRAPH_LOCAL_TOKEN is for the local stack only: remove it in Azure")

    def listing(self, name: str, default: str = "") -> tuple[str, ...]:
        return tuple(part.strip().lower() for part in (self.optional(name) or default).split(",") if part.strip())

    def key(self, name: str, value: str | None) -> tuple[str, str] | None:
        if not value:
            return None
        found = re.fullmatch(r"([A-Za-z0-9]{1,8}):(.{16,})", value)
        if found is None:
            self.problems.append(
                f"{name} must read <key id>:<secret>, 1-8 letters or digits and at least 16 characters"
            )
            return None
        return found[1], found[2]

    def scale(self) -> float:
        value = self.optional("BRIDGE_TIME_SCALE") or "1"
        try:
            scale = float(value)
        except ValueError:
            scale = 0
        if not 0 < scale <= 10_000:
            self.problems.append(f'BRIDGE_TIME_SCALE is "{value}": a number above 0 is needed')
            return 1
        if scale != 1 and self.environment.get("WEBSITE_SITE_NAME"):
            self.problems.append("BRIDGE_TIME_SCALE is for the local stack only: remove it in Azure")
        return scale

    def instant(self, name: str) -> datetime | None:
        value = self.optional(name)
        if value is None:
            return None
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:
            self.problems.append(f'{name} is "{value}": an instant is needed, like 2026-11-24T12:00:00Z')
            return None

    def storage(self) -> Storage:
        connection = self.optional(STORAGE)
        if connection == "UseDevelopmentStorage=true":
            connection = DEVELOPMENT_STORAGE
        queue, table = self.optional(f"{STORAGE}__queueServiceUri"), self.optional(f"{STORAGE}__tableServiceUri")
        if not connection and not (queue and table):
            self.problems.append(
                f"{STORAGE} is missing: a connection string, or {STORAGE}__queueServiceUri and __tableServiceUri"
            )
        return Storage(connection, queue, table, self.optional(f"{STORAGE}__clientId"))


def _is_safe(url: str) -> bool:
    host = _host(url)
    return host is not None and (url.startswith("https:") or (url.startswith("http:") and host in LOOPBACK))


def _host(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return None
    return parts.hostname or None


# The public, well-known account of the storage emulator.
DEVELOPMENT_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1"
)


def load(environment: Mapping[str, str], *, schedules: Iterable[str] = ()) -> Settings:
    """Read every setting. Raises SettingsProblem that names all missing, unresolved and wrong ones.

    `schedules`: what the triggers name as %NAME%. The platform reads those itself, and would name a missing one only
    after everything else is right.
    """
    read = _Reader(environment)
    for name in schedules:
        read.schedule(name)
    secret = "NOTIFICATION_SECRET"  # noqa: S105  a setting's name
    settings = Settings(
        storage=read.storage(),
        tenant=read.tenant(),
        public_url=read.url("BRIDGE_PUBLIC_URL", "where Graph reaches this app, https://<app>.azurewebsites.net"),
        notification_key=read.key(secret, read.required(secret, "<key id>:<secret> that signs clientState"))
        or ("", ""),
        previous_notification_key=read.key(f"{secret}_PREVIOUS", read.optional(f"{secret}_PREVIOUS")),
        graph_url=read.url("GRAPH_URL", "", default="https://graph.microsoft.com"),
        graph_local_token=read.optional("GRAPH_LOCAL_TOKEN"),
        graph_user_agent=read.optional("GRAPH_USER_AGENT") or "NONISV|Acme|OneDriveCelumBridge/0.1",
        identity_client_id=read.optional("BRIDGE_IDENTITY_CLIENT_ID"),
        content_hosts=read.listing("ONEDRIVE_CONTENT_HOSTS", SHAREPOINT_HOSTS),
        celum_url=read.url("CELUM_URL", "the tenant's Content API, https://<host>/content-api/v1"),
        celum_key=read.celum_key(),
        celum_username=read.optional("CELUM_USERNAME"),
        celum_client=read.optional("CELUM_CLIENT"),
        celum_upload_hosts=read.listing("CELUM_UPLOAD_HOSTS"),
        celum_asset_url=read.optional("CELUM_ASSET_URL"),
        flows_file=read.optional("FLOWS_FILE") or "flows.yaml",
        flows_generation=read.instant("FLOWS_GENERATION"),
        time_scale=read.scale(),
        in_azure=bool(environment.get("WEBSITE_SITE_NAME")),
        sign_in=environment.get("WEBSITE_AUTH_ENABLED", "").lower() == "true",  # set by the platform, as far as known
    )
    if settings.celum_asset_url and "{id}" not in settings.celum_asset_url:
        read.problems.append("CELUM_ASSET_URL must contain {id}, where the asset's id goes")
    if settings.in_azure:
        read.is_for_azure(settings)
    elif settings.graph_local_token and _host(settings.graph_url) not in LOOPBACK:
        read.problems.append("GRAPH_LOCAL_TOKEN is for a simulator on this machine only: remove it, or set GRAPH_URL")
    if read.problems:
        raise SettingsProblem(tuple(read.problems))
    return settings
