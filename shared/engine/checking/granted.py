"""Which application permissions of Graph the app was granted, as its own token says it."""

from __future__ import annotations

import base64
import json

from shared.onedrive import OneDriveSettings
from shared.onedrive.graph import SCOPES

# Any of these is enough for what an ingest flow writes into every site (reference onedrive-graph 1.6).
WRITING = frozenset({"Sites.ReadWrite.All", "Sites.Manage.All", "Sites.FullControl.All", "Files.ReadWrite.All"})


def is_of_one_site(roles: frozenset[str]) -> bool:
    """Whether the right stands in the site itself, where only its owner can read it."""
    return any(role.endswith(".Selected") for role in roles)


async def roles_of(settings: OneDriveSettings) -> frozenset[str] | None:
    """None where the token does not tell: it is meant for Graph, and nobody promises that it can be read."""
    from azure.core.exceptions import AzureError  # noqa: PLC0415  the API does without it otherwise

    credential = settings.credential()
    try:
        return roles_in((await credential.get_token(*SCOPES)).token)
    except AzureError:
        return None
    finally:
        await credential.close()


def roles_in(token: str) -> frozenset[str] | None:
    try:
        _, claims, _ = token.split(".")
        said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        roles = said.get("roles", [])
        return frozenset(map(str, roles)) if isinstance(roles, list) else None
    except (ValueError, AttributeError):
        return None
