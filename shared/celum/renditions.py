"""In which formats an asset is to be had, and how: at once by a URL, or by a job that converts first.

A job is always about one rendition: an archive of several would have names that are not documented (G71).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from shared.celum import wire
from shared.celum.cache import Cache
from shared.celum.client import Client
from shared.celum.definitions import DownloadFormat, Job, JobItem, Link
from shared.celum.downloads import Credentials, Source, Wanted
from shared.celum.names import pick
from shared.celum.wire_definitions import FormatModel
from shared.celum.wire_delivery import JobModel, OfferModel
from shared.domain.ids import AssetId, VersionId
from shared.errors import Missing, System

# Reference 14.1: the format marked `original`, else the reserved business key, else the id that every source names.
ORIGINAL_KEY = "original"
ORIGINAL_FORMAT = DownloadFormat(1, ORIGINAL_KEY, original=True)
# Reference 25 "Job duration and retention": nothing is said, so polls come ever more slowly.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0


class Renditions:
    def __init__(self, client: Client, cache: Cache) -> None:
        self._client = client
        self._cache = cache
        self._credentials = Credentials()

    # --- Formats ---

    async def formats(self) -> tuple[DownloadFormat, ...]:
        async def ask() -> tuple[DownloadFormat, ...]:
            operation = "read the download formats"
            answer = await self._client.get("download-formats", operation=operation)
            return tuple(model.domain() for model in wire.understood_list(FormatModel, answer, operation))

        return await self._cache.get("download formats", ask)

    async def original(self) -> DownloadFormat:
        formats = await self.formats()
        marked = [one for one in formats if one.original] or [one for one in formats if one.key == ORIGINAL_KEY]
        return marked[0] if marked else ORIGINAL_FORMAT

    async def format(self, key: str) -> DownloadFormat:
        """By its business key, "original" also where the tenant calls it otherwise; NameProblem if there is none."""
        if key == ORIGINAL_KEY:
            return await self.original()
        entries = [(one, (one.key,), f"{one.key} ({one.id})") for one in await self.formats()]
        return pick("download format", key, entries)

    async def offered(self, asset: AssetId) -> tuple[DownloadFormat, ...] | None:
        """The formats in which this asset is to be had by us; None where CELUM leaves that out (G66)."""
        operation = f"read the formats of asset {asset}"
        query = (("inclusions", "downloadFormats"),)
        answer = await self._client.get(f"assets/{asset}", operation=operation, query=query)
        listed = wire.understood(OfferModel, answer, operation).download_formats
        return None if listed is None else tuple(model.domain() for model in listed)

    # --- At once ---

    def source(
        self,
        asset: AssetId,
        format_id: int,
        version: VersionId | None = None,
        *,
        same_bytes: bool = False,
        size: int | None = None,
    ) -> Source:
        """`same_bytes`: only for the original of a named version; every other rendition may be made anew each time."""
        operation = f"download asset {asset} in the format {format_id}"
        query = [("downloadFormatId", str(format_id))] + ([("versionId", str(version))] if version is not None else [])

        async def ask() -> Link:
            answer = await self._client.get(f"assets/{asset}/download", operation=operation, query=query)
            given = wire.understood(wire.DownloadModel, answer, operation)
            return Link(given.url, given.filename)

        return self._source(operation, ask, same_bytes=same_bytes, size=size)

    # --- By a job ---

    async def start(self, item: JobItem) -> Job:
        """Not idempotent, but harmless: a job whose answer was lost is forgotten."""
        operation = f"start a download of asset {item.asset} in the format {item.format}"
        body = {"type": "DOWNLOAD", "items": [{"assetId": item.asset, "formatId": item.format}]}
        answer = await self._client.post("jobs", body, operation=operation)
        return wire.understood(JobModel, answer, operation).domain()

    async def job(self, number: str) -> Job | None:
        """None: CELUM does not know it (any more): start another one (G70)."""
        operation = f"ask for the download job {number}"
        try:
            answer = await self._client.get(f"jobs/{number}", operation=operation)
        except Missing:
            return None
        return wire.understood(JobModel, answer, operation).domain()

    async def watch(self, number: str, patience: float) -> Job | None:
        """The job when it has ended, or as it stands when `patience` (seconds) is used up; then come another time."""
        pause, left = FIRST_PAUSE_SECONDS, patience
        while (job := await self.job(number)) is not None and not job.finished and left > 0:
            await self._client.clock.sleep(min(pause, left))
            left -= pause
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        return job

    def source_of_job(self, number: str) -> Source:
        """What a finished job made. Its URL expires too: then the job is asked again."""
        operation = f"download what the job {number} made"

        async def ask() -> Link:
            job = await self.job(number)
            if job is None or job.link is None:
                raise Missing(System.CELUM, operation, "the job is gone, or has nothing to hand out")
            return job.link

        return self._source(operation, ask, same_bytes=False, size=None)

    def _source(
        self, operation: str, ask: Callable[[], Awaitable[Link]], *, same_bytes: bool, size: int | None
    ) -> Source:
        return Source(self._client, self._credentials, Wanted(operation, ask, same_bytes, size))
