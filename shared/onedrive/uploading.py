"""A file goes up to OneDrive: by one PUT where it is empty, else through an upload session that survives its process.

SharePoint may have rewritten the item that comes back: `verifying.verdict` says what to think of it.
"""

from __future__ import annotations

import contextlib

from shared.domain.items import Item
from shared.errors import (
    Conflict,
    ContentMismatch,
    ContentProblem,
    Forbidden,
    ItemChanged,
    Locked,
    NameTaken,
    Refused,
    RemoteError,
)
from shared.onedrive.content import Sources
from shared.onedrive.placing import Placing
from shared.onedrive.upload_run import Digest, Run, Upload, exhaust
from shared.onedrive.upload_session import UNIT_BYTES, Session, Target, UploadSessions

__all__ = ["Digest", "Session", "Target", "Upload", "Uploading"]

_OVER = (ContentProblem, Conflict, Forbidden, Locked, Refused)  # going on with the same session would end the same way


class Uploading:
    def __init__(self, sources: Sources, placing: Placing) -> None:
        self.sessions = UploadSessions(sources)
        self._placing = placing
        self._clock = sources.clock

    async def upload(self, upload: Upload, session: Session | None = None) -> Item:
        """Go on with `session`, or begin; a session that ends on the way is followed by a new one from byte 0.

        Throttled and Unavailable leave the session to be resumed. After ContentMismatch (also: OneDrive stored
        nothing), SourceChanged, NameTaken, ItemChanged, Conflict, Locked, Refused, Forbidden and Malware it is
        cancelled. SessionGone only after SESSIONS of them.
        """
        if upload.fragment_bytes % UNIT_BYTES or not 0 < upload.fragment_bytes < 192 * UNIT_BYTES:
            raise ValueError("a fragment is a multiple of 320 KiB below 60 MiB")
        if upload.size == 0:
            return await self._put_nothing(upload)
        run = Run(self.sessions, upload, self._clock, session)
        try:
            item = await run.to_the_end()
        except _OVER:
            if run.session is not None:
                with contextlib.suppress(RemoteError):
                    await self.sessions.cancel(run.session)
            raise
        if item.content is not None and item.content.size == 0:
            raise ContentMismatch(f"OneDrive reported success and stored nothing of {upload.size} bytes")
        return item

    async def _put_nothing(self, upload: Upload) -> Item:
        """An upload session cannot carry zero bytes. An empty file may be there of a run whose answer was lost."""
        await exhaust(upload, 0, 0, _refuse)
        target = upload.target
        try:
            return await self._placing.put(
                target.drive, target.parent, target.name, b"", if_taken=target.if_taken, if_match=target.if_match
            )
        except (NameTaken, ItemChanged):
            there = await self.sessions.look(target)
            if there is None or there.content is None or there.content.size:
                raise
            return there


async def _refuse(_position: int, _chunk: bytes) -> None:
    raise AssertionError  # an empty file has nothing to skip
