"""What a live check works with: clients of its own, whose memory is empty, and the list of findings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from shared.celum import AssetType, Celum, FieldDefinition
from shared.domain.ids import DriveId, FlowId
from shared.engine.checking.findings import Findings
from shared.engine.clients import celum_settings, onedrive_settings
from shared.engine.context import Context
from shared.errors import NotAuthorised, RemoteError, Throttled, Unavailable
from shared.flows import FlowFile, IngestFlow
from shared.onedrive import OneDrive
from shared.onedrive.columns import Column

AT_ONCE = 4  # questions at a time: the work of the bridge goes on beside them
AWAY = (Throttled, Unavailable, NotAuthorised)  # nothing more is to be had from the system now


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the flow's asset type and fields are in CELUM; by the label of the flow file, as far as they were found."""

    asset_type: AssetType
    fields: Mapping[str, FieldDefinition]


@dataclass(slots=True)
class Live:
    context: Context
    file: FlowFile
    findings: Findings
    onedrive: OneDrive
    celum: Celum
    drives: dict[str, DriveId] = field(default_factory=dict)  # by connection, those that can be read
    columns: dict[str, tuple[Column, ...]] = field(default_factory=dict)  # likewise
    resolved: dict[FlowId, Resolved] = field(default_factory=dict)

    def flows_of(self, connection: str) -> tuple[IngestFlow, ...]:
        return tuple(flow for flow in self.file.flows if flow.onedrive == connection)


@asynccontextmanager
async def live(context: Context, file: FlowFile) -> AsyncIterator[Live]:
    """The bridge's own clients remember names for ten minutes: one that was just mended would still be wrong."""
    onedrive = OneDrive(onedrive_settings(context.settings), context.clock)
    celum = Celum(celum_settings(context.settings), context.clock)
    try:
        yield Live(context, file, Findings(file.places), onedrive, celum)
    finally:
        await onedrive.close()
        await celum.close()


async def all_of(questions: Iterable[Coroutine[object, object, None]]) -> None:
    """Several at once; the first that fails ends the others, and its error comes out as it is."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(question: Coroutine[object, object, None]) -> None:
        async with turns:
            await question

    try:
        async with asyncio.TaskGroup() as group:
            for question in questions:
                group.create_task(in_turn(question))
    except* RemoteError as failed:
        first = failed.exceptions[0]
        assert isinstance(first, RemoteError)  # noqa: S101  each question groups none
        problem = first
    else:
        return
    raise problem
