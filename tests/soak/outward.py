"""CELUM → OneDrive: the original of a version, resumed by Range, into an upload session; both sides are cut."""

from __future__ import annotations

import asyncio

from shared.onedrive.upload_session import FRAGMENT_BYTES
from tests.bench.servers import Servers
from tests.soak import hands
from tests.soak.findings import OVERLAP_BYTES, Findings, moves_of, wrongly_resumed

URL_SECONDS = 1800
ALWAYS = 1_000_000


async def carry(there: Servers, size: int, cut: int) -> Findings:
    source = await hands.put_into_celum(there, "film.mp4", size)
    put = await there.control(there.celum, "GET", "requests")
    async with hands.mover(there) as child:
        await child.ask(do="scan", drive=there.drive)
        await _order_faults(there, size, cut)
        expiring = asyncio.create_task(hands.expire(there, there.celum, "GET download", URL_SECONDS + 1))
        try:
            figures = await child.ask(do="carry_out", asset=int(source.id), drive=there.drive, name="film.mp4")
        finally:
            expiring.cancel()
    found = Findings("CELUM → OneDrive", size, figures)
    return await _judged(there, found, source, cut, put["operations"])


async def _order_faults(there: Servers, size: int, cut: int) -> None:
    """Every leg of the download is cut, and of the upload one fragment in so many bytes, in its middle."""
    await there.control(there.celum, "POST", "faults", match="GET /download/", kind="cut", cut_after=cut, times=ALWAYS)
    between = max(cut // FRAGMENT_BYTES - 1, 1)
    for number in range(1, _upload_cuts(size, cut) + 1):
        await there.control(
            there.onedrive,
            "POST",
            "faults",
            match="PUT /_upload",
            kind="cut",
            cut_after=FRAGMENT_BYTES // 2,
            skip=number * between,
        )


def _upload_cuts(size: int, cut: int) -> int:
    return (size - 1) // max(cut, 2 * FRAGMENT_BYTES)


async def _judged(there: Servers, found: Findings, source: hands.Source, cut: int, before: dict[str, int]) -> Findings:
    graph, celum = await hands.told(there, there.onedrive), await hands.told(there, there.celum)
    reads, writes = moves_of(celum, "GET download"), moves_of(graph, "PUT _upload")
    size, figures = found.size, found.figures
    found.read, found.written = sum(read.size for read in reads), sum(write.size for write in writes)
    cuts = sum(read.size == cut for read in reads)
    broken = sum(write.size < FRAGMENT_BYTES and write.end != size for write in writes)
    found.cuts = f"{cuts} of the download from CELUM, {broken} of fragments to OneDrive"
    asked = celum["operations"]["GET /assets/{assetId}/download"] - before.get("GET /assets/{assetId}/download", 0)
    refused = celum["operations"]["GET /download/{token}"] - len(reads)
    found.renewed = f"{asked - 1}, after {refused} refusals of an expired one"
    found.expect(figures["size"] == size, f"OneDrive holds {figures['size']} bytes")
    found.expect(figures["stored"] == figures["quick_xor"], f"OneDrive's hash is {figures['stored']}")
    found.expect(figures["sha1"] == figures["checksum"] == source.sha1, f"read {figures['sha1']}, not {source.sha1}")
    found.expect(figures["opened"] == [0], f"the source was read from {figures['opened']}")
    found.expect(figures["sessions"] == 1, f"{figures['sessions']} upload sessions were begun")
    found.expect(cuts >= (size - 1) // cut, f"only {cuts} cuts of the download were met")
    found.expect(broken == _upload_cuts(size, cut), f"{broken} cuts of the upload were met")
    found.expect(asked == 2 and refused, f"{asked} URLs were asked for, {refused} requests refused")
    problem = wrongly_resumed(reads)
    found.expect(not problem, f"CELUM was {problem}")
    found.expect(found.read <= size + cuts * OVERLAP_BYTES, f"CELUM sent {found.read} bytes")
    found.expect(found.written <= size + broken * FRAGMENT_BYTES, f"OneDrive took {found.written} bytes")
    wrong = await asyncio.to_thread(hands.stored_wrongly, there.folder / "onedrive", size)
    found.expect(not wrong, f"in OneDrive {wrong}")
    found.expect_flat_memory()
    return found
