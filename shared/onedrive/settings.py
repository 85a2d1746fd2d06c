"""What the OneDrive edge needs to know from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.errors import SettingsProblem
from shared.onedrive.hosts import LOOPBACK, origin
from shared.onedrive.notifications import Secrets

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

type CredentialFactory = Callable[[], AsyncTokenCredential]  # an azure.identity.aio one; LocalToken for a simulator

GRAPH = "https://graph.microsoft.com"


@dataclass(frozen=True, slots=True)
class OneDriveSettings:
    """`user_agent` is decorated as Microsoft asks (`NONISV|Company|App/1.0`); `content_hosts` are host suffixes."""

    credential: CredentialFactory
    user_agent: str
    tenant: str
    notification_url: str
    secrets: Secrets = field(repr=False)
    base_url: str = GRAPH
    lifecycle_url: str | None = None  # None: lifecycle notifications go to the notification URL, too
    content_hosts: tuple[str, ...] = ("sharepoint.com",)
    stall_seconds: float = 60  # without a byte, then the source is asked again

    def __post_init__(self) -> None:
        scheme, host, _ = origin(self.base_url)
        if scheme != "https" and not self.is_local:
            raise SettingsProblem((f"the Graph base URL must be https, not {scheme}://{host}",))

    @property
    def is_local(self) -> bool:
        return origin(self.base_url)[1] in LOOPBACK

    @property
    def root(self) -> str:
        """Where paths of the API begin, without a slash at the end."""
        base = self.base_url.rstrip("/")
        return base if base.endswith("/v1.0") else base + "/v1.0"
