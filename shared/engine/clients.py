"""From the app settings to those of the two systems' clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.celum import CelumSettings
from shared.onedrive import LocalToken, OneDriveSettings
from shared.onedrive.notifications import Secrets
from shared.settings import Settings

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


def credential(client_id: str | None) -> AsyncTokenCredential:
    from azure.identity.aio import ManagedIdentityCredential  # noqa: PLC0415  0.2 s that only Azure has to pay

    return ManagedIdentityCredential(client_id=client_id)


def onedrive_settings(settings: Settings) -> OneDriveSettings:
    token = settings.graph_local_token
    return OneDriveSettings(
        base_url=settings.graph_url,
        credential=(lambda: LocalToken(token)) if token else (lambda: credential(settings.identity_client_id)),
        user_agent=settings.graph_user_agent,
        content_hosts=settings.content_hosts,
        notification_url=settings.notification_url,
        tenant=settings.tenant,
        secrets=Secrets(settings.notification_key, settings.previous_notification_key),
    )


def celum_settings(settings: Settings) -> CelumSettings:
    return CelumSettings(
        base_url=settings.celum_url,
        api_key=settings.celum_key,
        username=settings.celum_username,
        client_id=settings.celum_client,
        upload_hosts=settings.celum_upload_hosts,
    )
