"""The credential of the local stack. In Azure the app's managed identity is used instead."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken


class LocalToken:
    """A fixed bearer token; accepted only where the Graph base URL is a loopback address."""

    def __init__(self, token: str = "local") -> None:  # noqa: S107 (opens nothing but a simulator)
        self._token = token

    async def get_token(
        self,
        *scopes: str,  # noqa: ARG002 (the protocol's signature)
        claims: str | None = None,  # noqa: ARG002
        tenant_id: str | None = None,  # noqa: ARG002
        enable_cae: bool = False,  # noqa: ARG002
        **kwargs: object,  # noqa: ARG002
    ) -> AccessToken:
        from azure.core.credentials import AccessToken  # noqa: PLC0415 (keeps the webhook's start cheap)

        return AccessToken(self._token, int(time.time()) + 3600)

    async def close(self) -> None:
        """Nothing is held."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
