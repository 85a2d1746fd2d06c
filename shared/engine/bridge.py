"""The whole bridge of one process, put together from its settings, on first use and inside the running loop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from shared.celum import Celum
from shared.clock import Clock, SystemClock
from shared.engine import failed, generations
from shared.engine.clients import celum_settings, credential, onedrive_settings
from shared.engine.context import Context, log
from shared.engine.contract import keep_contract
from shared.engine.decisions import decide_all
from shared.engine.due import send_due
from shared.engine.heartbeat import beat
from shared.engine.ingest import ingest
from shared.engine.retention import drop_old_journal
from shared.engine.scan import scan
from shared.engine.subscriptions import keep_subscriptions, sweep_drives
from shared.engine.transfers import carry_on
from shared.errors import FlowFileProblem
from shared.flows import FlowFile, load
from shared.ledger import Ledger, Store, TableStore
from shared.messages import DecideMessage, Message, Queue, ScanMessage, TransferMessage
from shared.onedrive import OneDrive
from shared.queues import Outbox, StorageOutbox
from shared.settings import Settings

INVALID_FILE_SECONDS = 60  # a message that meets an invalid flow file comes back so often
OLDER_FILE_SECONDS = 30  # … and one that meets an older file than others have, until it meets one of them


@dataclass(slots=True)
class Bridge:
    context: Context
    store: Store
    outbox: Outbox

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """The bridge of this process; its tables exist when this returns."""
        storage = settings.storage
        if storage.connection_string:
            store = TableStore.from_connection_string(storage.connection_string)
        else:
            store = TableStore.from_endpoint(storage.table_uri or "", credential(storage.client_id))
        await store.prepare()
        return cls.put_together(settings, SystemClock(settings.time_scale), store)

    @classmethod
    def put_together(cls, settings: Settings, clock: Clock, store: Store, outbox: Outbox | None = None) -> Self:
        outbox = outbox or _outbox(settings)
        context = Context(
            settings=settings,
            clock=clock,
            flow_file=read_flow_file(settings),
            ledger=Ledger(store, clock),
            outbox=outbox,
            onedrive=OneDrive(onedrive_settings(settings), clock),
            celum=Celum(celum_settings(settings), clock),
            generation=generation_of(settings),
        )
        return cls(context, store, outbox)

    async def close(self) -> None:
        await self.context.onedrive.close()
        await self.context.celum.close()
        await self.outbox.close()
        await self.store.close()

    async def scan(self, message: ScanMessage) -> None:
        if not await self._waits_for_the_file(Queue.SCAN, message):
            await scan(self.context, message)

    async def decide(self, message: DecideMessage) -> None:
        if not await self._waits_for_the_file(Queue.DECIDE, message):
            await decide_all(self.context, message)

    async def transfer(self, message: TransferMessage) -> None:
        if not await self._waits_for_the_file(Queue.TRANSFER, message):
            await carry_on(self.context, message, ingest)

    async def send_due(self) -> None:
        await generations.adopt(self.context)
        if not await generations.is_older(self.context):
            await send_due(self.context)
            await beat(self.context)

    async def keep_subscriptions(self) -> None:
        if not await generations.is_older(self.context):
            await keep_subscriptions(self.context)

    async def sweep_drives(self) -> None:
        if not await generations.is_older(self.context):
            await sweep_drives(self.context)
            await drop_old_journal(self.context)
            await keep_contract(self.context)

    async def failed(self, queue: Queue, body: bytes) -> None:
        await failed.mark(self.context, queue, body)

    async def _waits_for_the_file(self, queue: Queue, message: Message) -> bool:
        """Without a valid flow file, or with an older one than others have, nothing is lost: it is asked again."""
        if isinstance(self.context.flow_file, FlowFileProblem):
            seconds = INVALID_FILE_SECONDS
        elif await generations.is_older(self.context):
            seconds = OLDER_FILE_SECONDS
        else:
            return False
        await self.context.outbox.send(queue, message, delay=seconds / self.context.clock.time_scale)
        return True


def read_flow_file(settings: Settings) -> FlowFile | FlowFileProblem:
    """The flows, or what is wrong with them; the log says it at every start."""
    path, used = settings.flows_file, {"CELUM_ASSET_URL": settings.celum_asset_url or ""}
    try:
        return load(Path(path).read_text(encoding="utf-8"), path, settings=used)
    except FlowFileProblem as problem:
        for each in problem.problems:
            log.error("%s", each)
        return problem


def generation_of(settings: Settings) -> int:
    """When the flow file was packaged, in milliseconds: as the setting says, else when it was last written."""
    if settings.flows_generation is not None:
        return round(settings.flows_generation.timestamp() * 1000)
    file = Path(settings.flows_file)
    return file.stat().st_mtime_ns // 1_000_000 if file.exists() else 0


def _outbox(settings: Settings) -> StorageOutbox:
    storage = settings.storage
    identity = None if storage.connection_string else credential(storage.client_id)
    return StorageOutbox(connection_string=storage.connection_string, url=storage.queue_uri, credential=identity)
