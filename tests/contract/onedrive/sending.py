"""A file that wants to go up, and what its transfer remembers of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from local.onedrive_simulator.estate.quickxor import quick_xor
from local.serving import Fault
from shared.documents.hashing import Hashes
from shared.domain.ids import ItemId
from shared.domain.items import Item
from shared.onedrive.placing import IfTaken
from shared.onedrive.upload_session import UNIT_BYTES
from shared.onedrive.uploading import Session, Target, Upload

if TYPE_CHECKING:
    from tests.contract.onedrive.conftest import World

DATA = bytes(range(256)) * (UNIT_BYTES * 3 // 256) + b"the end"  # three fragments of one unit, and a short one
PUT, GET, COMMIT = "PUT .*_upload", "GET .*_upload", "POST .*_upload"
SESSION = "POST item/createUploadSession"
FRAGMENT = "PUT upload url"
CHUNK = 100_000  # as sockets deliver: no divisor of a fragment


@dataclass(slots=True)
class File:
    """`checkpoints` is what a ledger would hold; `stop` is told each position, `remembered` how many there are."""

    data: bytes
    size: int = -1
    opened: list[int] = field(default_factory=list)
    checkpoints: list[Session] = field(default_factory=list)
    stop: Callable[[int], None] = lambda _: None
    remembered: Callable[[int], None] = lambda _: None

    def __post_init__(self) -> None:
        self.size = len(self.data) if self.size < 0 else self.size

    async def source(self, offset: int) -> AsyncIterator[bytes]:
        self.opened.append(offset)
        for start in range(offset, len(self.data), CHUNK):
            self.stop(start)
            yield self.data[start : start + CHUNK]
            await asyncio.sleep(0)

    async def remember(self, session: Session) -> None:
        self.checkpoints.append(session)
        self.remembered(len(self.checkpoints))

    async def hashed(self, size: int) -> Hashes:
        """As a process restores it that goes on from a checkpoint."""
        hashes = Hashes(["quickXor", "sha256"])
        await hashes.update(self.data[:size])
        return hashes


@dataclass(slots=True)
class Sender:
    world: World
    parent: ItemId

    def target(self, name: str, if_taken: IfTaken = IfTaken.FAIL, if_match: str | None = None) -> Target:
        return Target(self.world.drive, self.parent, name, if_taken, if_match)

    async def send(
        self,
        file: File,
        target: Target | str = "a.bin",
        session: Session | None = None,
        *,
        units: int = 1,
        modified: datetime | None = None,
        defer: bool = False,
    ) -> Item:
        digest = await file.hashed(session.offset if session else 0)
        upload = Upload(
            target=self.target(target) if isinstance(target, str) else target,
            size=file.size,
            source=file.source,
            digest=digest,
            checkpoint=file.remember,
            modified=modified,
            defer=defer,
            fragment_bytes=units * UNIT_BYTES,
        )
        item = await self.world.onedrive.uploading.upload(upload, session)
        assert (await digest.digests())["quickXor"] == quick_xor(file.data), "each byte once, however often it was read"
        return item

    def fault(self, match: str, **how: Any) -> None:
        self.world.simulator.serving.faults.append(Fault(match, **how))

    def asked(self, operation: str) -> int:
        return self.world.simulator.tenant.requests[operation]

    def read(self, path: str = "/Out/a.bin") -> bytes:
        return self.world.simulator.read_file(self.world.drive, path)

    @property
    def names(self) -> list[str]:
        drive = self.world.simulator.drive(self.world.drive)
        return sorted(item.name for item in drive.children_of(drive.items[self.parent]))
