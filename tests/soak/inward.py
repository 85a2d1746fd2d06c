"""OneDrive → CELUM, a whole transfer of the engine: the source is cut all along, the upload once."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.bench.servers import Servers
from tests.soak import hands
from tests.soak.findings import OVERLAP_BYTES, Findings, moves_of, wrongly_resumed

UPLOAD_CUT = 0.6  # of the file, then the POST to CELUM is cut, and begins anew at byte 0 with another handle
URL_SECONDS = 3600
ALWAYS = 1_000_000


async def carry(there: Servers, size: int, cut: int) -> Findings:
    async with hands.mover(there) as child:
        await child.ask(do="scan", drive=there.drive)
        source = await hands.put_into_onedrive(there, "/Office/film.mp4", size)
        scanned = await child.ask(do="scan", drive=there.drive)
        assert scanned["waiting"] == 1, f"{scanned['waiting']} transfers wait instead of one"
        await _order_faults(there, size, cut)
        before = await hands.told(there, there.onedrive)
        expiring = asyncio.create_task(hands.expire(there, there.onedrive, "GET _content", URL_SECONDS + 1))
        try:
            figures = await child.ask(do="bring", drive=there.drive, item=source.id)
        finally:
            expiring.cancel()
    return await _judged(there, Findings("OneDrive → CELUM", size, figures), source, cut, before)


async def _order_faults(there: Servers, size: int, cut: int) -> None:
    """Every leg of the source is cut; the third request meets a URL that has expired already."""
    content = "GET /_content"
    await there.control(there.onedrive, "POST", "faults", match=content, kind="cut", cut_after=cut, times=2)
    await there.control(there.onedrive, "POST", "faults", match=content, status=401, body="expired")
    await there.control(there.onedrive, "POST", "faults", match=content, kind="cut", cut_after=cut, times=ALWAYS)
    after = int(size * UPLOAD_CUT)
    await there.control(there.celum, "POST", "faults", match="POST /upload/", kind="cut", cut_after=after)


async def _judged(there: Servers, found: Findings, source: hands.Source, cut: int, before: dict[str, Any]) -> Findings:
    graph, celum = await hands.told(there, there.onedrive), await hands.told(there, there.celum)
    reads = moves_of(graph, "GET _content")[len(moves_of(before, "GET _content")) :]
    writes = moves_of(celum, "POST upload")
    size, figures = found.size, found.figures
    found.read, found.written = sum(read.size for read in reads), sum(write.size for write in writes)
    cuts = sum(read.size == cut for read in reads)
    found.cuts = f"{cuts} of the source's, {len(writes) - 1} of the upload to CELUM ({figures['runs']} runs)"
    looks = graph["operations"]["GET item"] - before["operations"].get("GET item", 0)
    found.renewed = f"{looks} looks at the item for {len(reads)} requests with bytes and one refused"
    found.expect(figures["state"] == "settled", f"the transfer is {figures['state']}: {figures['why']}")
    found.expect(figures["verified"] == "checksum", f"verified by {figures['verified']}")
    found.expect(figures["checksum"] == source.sha1, f"CELUM's checksum is {figures['checksum']}, not {source.sha1}")
    found.expect(figures["quick_xor"], "no quickXorHash was compared")
    found.expect(len(writes) == 2 and writes[1].size == size, f"the upload to CELUM went {writes}")
    found.expect(cuts >= int((1 + UPLOAD_CUT) * size / cut) - 2, f"only {cuts} cuts were met")
    problem = wrongly_resumed(reads, restarts=1)
    found.expect(not problem, f"OneDrive was {problem}")
    allowed = found.written + (len(reads) + 1) * OVERLAP_BYTES
    found.expect(found.read <= allowed, f"OneDrive sent {found.read} bytes for {found.written}")
    found.expect(looks > len(reads), "an expired URL was used again")
    wrong = await asyncio.to_thread(hands.stored_wrongly, there.folder / "celum", size)
    found.expect(not wrong, f"in CELUM {wrong}")
    found.expect_flat_memory()
    return found
