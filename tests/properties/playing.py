"""A history, played in a world of its own: ledger and queues in memory, both simulators on loopback."""

from __future__ import annotations

import tempfile
from pathlib import Path

from local.serving import Exchange, Fault
from shared.engine import operating
from shared.messages import Queue, ScanMessage, ScanReason
from tests.kit.campaign import FLOW, Campaign, campaign_in
from tests.properties import history as of
from tests.properties.history import History, Step
from tests.properties.oracle import check
from tests.properties.people import People

STATUSES = {"429": 429, "503": 503, "500": 500}
COLLECTIONS = ("/Marketing/Campaigns/Summer-26", "/Marketing/Campaigns/other")
LONG_SECONDS = 3 * 3600  # by then only the hourly looks at what is held go on
LATE_SECONDS = 400  # more than any afterthought of OneDrive takes
PATIENCE = 3_000  # things that happen until everything rests; more is a wheel that turns for ever


async def play(history: History) -> None:
    """AssertionError where the world does not end as the flow file demands."""
    with tempfile.TemporaryDirectory() as folder:
        async with campaign_in(None, Path(folder), "history", with_contracts=False) as campaign:
            for path in COLLECTIONS:
                campaign.world.celum.add_collection(path)
            campaign.world.onedrive.quirks.update(dict(history.onedrive))
            campaign.world.celum.quirks.change(dict(history.celum))
            player = Player(campaign)
            for step in history.steps:
                await player.take(step)
            await player.end()


class Player:
    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.world = campaign.world
        self.people = People(self.world, campaign.drive)

    async def take(self, step: Step) -> None:
        match step:
            case of.Rest() | of.Deliver() | of.Day() | of.Pause():
                await self.go_on(step)
            case of.Pass(seconds):
                self.world.clock.jump(seconds)
            case of.Resync():
                await self.resync()
            case of.Trouble():
                self.trouble(step)
            case of.During(requests, act):
                self.later(requests, act)
            case of.Lock(file):
                self.lock(file)
            case _:
                self.people.do(step)

    async def go_on(self, step: of.Rest | of.Deliver | of.Day | of.Pause) -> None:
        match step:
            case of.Rest():
                await self.rest()
            case of.Deliver(steps):
                for _ in range(steps):
                    await self.world.step()
            case of.Day():
                self.world.clock.jump(24 * 3600)
                await self.sweep()
            case of.Pause(resume):
                await self.stop_or_go(resume=resume)

    async def rest(self) -> None:
        """All that is under way comes to its end; then the world is looked at. A flow that is paused says nothing."""
        await self.until_quiet()
        if self.world.onedrive.quirks.notifications_lost:
            await self.sweep()
            await self.until_quiet()
        while await self.something_comes_late():
            await self.until_quiet()
        ledger, _ = self.world.ledger()
        standing = await ledger.standing(FLOW)
        if standing is None or not standing.stops:
            await check(self.campaign)

    async def until_quiet(self) -> None:
        late = self.world.clock.after(LONG_SECONDS)
        for _ in range(PATIENCE):
            if not await self.world.step() or (self.world.clock.now() > late and not self.world.queue):
                return
        raise AssertionError(f"does not come to rest: {self.world.errors[-3:]}")

    async def something_comes_late(self) -> bool:
        """What OneDrive itself still had to do, and to tell."""
        self.world.clock.jump(LATE_SECONDS)
        await self.world.onedrive.settle()
        return bool(self.world.queue)

    async def end(self) -> None:
        """Files are closed, the flow runs, the hourly looks come."""
        self.lock(None)
        for serving in (self.world.onedrive.serving, self.world.celum.serving):
            serving.faults.clear()
            serving.observers.clear()
        self.world.celum.quirks.throttle_next = 0
        self.world.onedrive.quirks.notifications_lost = False
        await self.stop_or_go(resume=True)
        await self.sweep()
        await self.rest()
        self.world.clock.jump(3700)
        await self.rest()

    async def sweep(self) -> None:
        """What two timers of the app do, in one."""
        instance = await self.world.instance()
        await self.world.guarded(instance, instance.bridge.keep_subscriptions())
        message = ScanMessage(drive=self.campaign.drive, reason=ScanReason.SWEEP)  # type: ignore[arg-type]  # a plain string
        self.world.put(Queue.SCAN, message.model_dump_json())

    async def stop_or_go(self, *, resume: bool) -> None:
        instance = await self.world.instance()
        act = operating.resume if resume else operating.pause
        await self.world.guarded(instance, act(instance.bridge.context, FLOW, "a person"))

    async def resync(self) -> None:
        """What was deleted since the last reading is named by nobody any more."""
        self.world.onedrive.force_resync(self.campaign.drive)
        await self.sweep()

    def trouble(self, trouble: of.Trouble) -> None:
        """Graph's own addresses and CELUM's; the bytes hosts as well."""
        serving = {"onedrive": self.world.onedrive.serving, "celum": self.world.celum.serving}[trouble.system]
        match trouble.kind:
            case "reset" | "lost":
                fault = Fault("", skip=trouble.skip, kind=trouble.kind)
            case "cut":
                fault = Fault("", skip=trouble.skip, kind="cut", cut_after=5)
            case status:
                fault = Fault("", skip=trouble.skip, status=STATUSES[status], body="{}")
        serving.faults.append(fault)

    def later(self, requests: int, act: of.Act) -> None:
        """Once only; the clock of a person who acts meanwhile does not jump."""
        left = iter(range(requests, -1, -1))

        def watch(_: Exchange) -> None:
            if next(left, None) == 0:
                self.people.do(act)

        self.world.celum.serving.observers.append(watch)

    def lock(self, file: int | None) -> None:
        if file is None:
            for item in self.people.drive.items.values():
                item.locked = False
        elif (found := self.people.file(file)) is not None:
            found.locked = True
