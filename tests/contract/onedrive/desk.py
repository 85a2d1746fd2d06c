"""A webhook that rings, and a client whose subscriptions lead to it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import web

from local.onedrive_simulator.simulator import OneDriveSimulator
from shared.clock import SystemClock
from shared.domain.ids import DriveId
from shared.onedrive import LocalToken, OneDrive, OneDriveSettings
from shared.onedrive.notifications import Ring, Secrets, doorbells, validation_token

SECRETS = Secrets(current=("k1", "a secret of the tests"))


@dataclasses.dataclass(slots=True)
class Desk:
    """A simulator, a drive, a client, and the webhook that its subscriptions lead to."""

    simulator: OneDriveSimulator
    onedrive: OneDrive
    drive: DriveId
    url: str
    rung: asyncio.Queue[tuple[DriveId, Ring]]
    refuse_handshake: bool = False

    def expires(self, minutes: int = 4_200) -> datetime:
        return datetime.now(UTC) + timedelta(minutes=minutes)

    def live(self) -> list[str]:
        return list(self.simulator.tenant.subscriptions)

    async def answer(self, request: web.Request) -> web.Response:
        token = validation_token(request.query)
        if isinstance(token, str):
            return web.Response(status=403 if self.refuse_handshake else 200, text=token)
        bells = doorbells(await request.read(), tenant=self.simulator.tenant.id, secrets=SECRETS)
        for bell in bells.drives:
            self.rung.put_nowait(bell)
        return web.Response(status=bells.status)


@asynccontextmanager
async def webhook(desk: Desk) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/notify", desk.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/notify"
    finally:
        await runner.cleanup()


def client(simulator: OneDriveSimulator, url: str, secrets: Secrets = SECRETS) -> OneDrive:
    settings = OneDriveSettings(
        credential=LocalToken,
        user_agent="NONISV|Acme|OneDriveCelumBridge/0.1",
        tenant=simulator.tenant.id,
        notification_url=url,
        secrets=secrets,
        base_url=simulator.base_url,
    )
    return OneDrive(settings, SystemClock())
