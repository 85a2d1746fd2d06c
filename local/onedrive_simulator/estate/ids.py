"""Identifiers that look like the real ones."""

from __future__ import annotations

import base64
import secrets
import uuid


def drive_id(site: uuid.UUID, web: uuid.UUID, library: uuid.UUID) -> str:
    return "b!" + base64.urlsafe_b64encode(site.bytes_le + web.bytes_le + library.bytes_le).decode()


def item_prefix() -> str:
    """The first eight characters, common to all items of one drive."""
    return "01" + base64.b32encode(secrets.token_bytes(5)).decode()[:6]


def item_id(prefix: str, guid: uuid.UUID) -> str:
    return prefix + base64.b32encode(guid.bytes_le).decode().rstrip("=")


def opaque(size: int = 24) -> str:
    return secrets.token_urlsafe(size)
