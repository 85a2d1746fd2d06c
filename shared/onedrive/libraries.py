"""From the names of a site and a library to the drive behind them."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from urllib.parse import unquote, urlsplit

from shared.clock import Clock
from shared.domain.ids import DriveId
from shared.errors import Missing, NameProblem, System, Unavailable
from shared.onedrive.addresses import step, steps
from shared.onedrive.answers import Json
from shared.onedrive.graph import Graph
from shared.onedrive.items import text_of

CACHE_SECONDS = 600  # names that people change now and then: libraries, columns


class Libraries:
    def __init__(self, graph: Graph, clock: Clock) -> None:
        self._graph = graph
        self._clock = clock
        self._drives: dict[tuple[str, str], tuple[DriveId, datetime]] = {}

    async def drive_of(self, site: str, library: str) -> DriveId:
        known = self._drives.get((site, library))
        if known is None or known[1] <= self._clock.now():
            known = (await self._find_drive(site, library), self._clock.after(CACHE_SECONDS))
            self._drives[site, library] = known
        return known[0]

    async def _find_drive(self, site: str, library: str) -> DriveId:
        host, _, path = site.partition(":")
        address = f"{host}:/{steps(path)}" if path.strip("/") else host
        try:
            site_id = _id_of(await self._graph.get(f"/sites/{address}?$select=id", f"find the site {site}"))
        except Missing:
            raise NameProblem("site", site) from None
        libraries: list[Json] = []
        url = f"/sites/{step(site_id).replace('%2C', ',')}/drives?$select=id,name,webUrl"
        async for page in self._graph.pages(url, f"list the libraries of {site}"):
            libraries += page
        hits = [raw for raw in libraries if _same(raw.get("name"), library)]
        hits = hits or [raw for raw in libraries if _same(_last_segment(raw), library)]
        if len(hits) != 1:
            names = tuple(sorted(str(raw.get("name")) for raw in (hits or libraries)))
            raise NameProblem("library", library, candidates=names, ambiguous=bool(hits))
        return DriveId(_id_of(hits[0]))


def _id_of(raw: Json) -> str:
    found = text_of(raw.get("id"))
    if not found:
        raise Unavailable(System.ONEDRIVE, "find a library", "a site or library without an id")
    return found


def _same(name: object, wanted: str) -> bool:
    return _folded(str(name)) == _folded(wanted)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _last_segment(raw: Json) -> str:
    return unquote(urlsplit(str(raw.get("webUrl", ""))).path.rstrip("/").rpartition("/")[2])
