"""One Graph request and its answer, from the wire or from a batch, and the table of operations."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from multidict import CIMultiDict

from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import Conflict, Identity, Item
from local.onedrive_simulator.estate.tenant import Site, Tenant
from local.onedrive_simulator.problems import invalid, missing, precondition_failed

type Json = dict[str, Any]
JSON_BYTES = 4 << 20  # of a request body that is not file content


@dataclass(slots=True)
class Reply:
    status: int = 200
    body: Json | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Place:
    """What an address names: an item, or a free name below a folder."""

    drive: Drive
    item: Item | None
    parent: Item | None = None
    name: str = ""


type PartRunner = Callable[[str, str, CIMultiDict[str], bytes], Awaitable[Reply]]


async def nothing_runs(_method: str, _url: str, _headers: CIMultiDict[str], _body: bytes) -> Reply:
    raise invalid("A batch cannot hold another batch")


@dataclass(slots=True)
class Call:
    tenant: Tenant
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # case-insensitive
    chunks: Callable[[], AsyncIterator[bytes]]
    by: Identity
    place: Place | None = None
    site: Site | None = None
    args: tuple[str, ...] = ()
    run_part: PartRunner = nothing_runs

    @property
    def drive(self) -> Drive:
        if self.place is None:
            raise missing()
        return self.place.drive

    @property
    def item(self) -> Item:
        if self.place is None or self.place.item is None or not self.sees(self.place.item):
            raise missing("The resource could not be found.")
        return self.place.item

    @property
    def the_site(self) -> Site:
        if self.site is None:
            raise missing("Requested site could not be found")
        return self.site

    def sees(self, item: Item) -> bool:
        if item.hidden and not self.by.email:
            return False
        return not item.never_checked_in or item.checked_out_by == self.by

    async def json(self) -> Json:
        """The body as an object; an empty one is {}. 400 for anything else."""
        raw = b""
        async for chunk in self.chunks():
            raw += chunk
            if len(raw) > JSON_BYTES:
                raise invalid("The request body is too large")
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            raise invalid("Unable to read JSON request payload.") from None
        if not isinstance(body, dict):
            raise invalid("Unable to read JSON request payload.")
        return body

    def option(self, name: str) -> str:
        """A query option, with or without its dollar sign."""
        return self.query.get(f"${name}", "") or self.query.get(name, "")

    def top(self, default: int, ceiling: int = 5000) -> int:
        text = self.option("top")
        if not text:
            return default
        if not text.isdigit() or int(text) == 0:
            raise invalid(f"Invalid value {text!r} for $top")
        return min(int(text), ceiling)

    def check_match(self, item: Item) -> None:
        """If-Match with the eTag or cTag; 412 when neither is the item's."""
        wanted = self.headers.get("If-Match", "")
        if wanted and wanted != "*" and (wanted not in tags(item) or self.tenant.quirks.if_match_always_fails):
            raise precondition_failed()

    def conflict(self, default: Conflict, body: Json | None = None) -> Conflict:
        name = "@microsoft.graph.conflictBehavior"
        asked = (body or {}).get(name) or self.query.get(name) or default
        match str(asked).lower():
            case "fail":
                return "fail"
            case "rename":
                return "rename"
            case "replace":
                return "replace"
        raise invalid(f"Invalid conflictBehavior {asked!r}")


def tags(item: Item) -> tuple[str, ...]:
    return item.etag, item.ctag, item.etag.strip('"'), f"W/{item.etag}"


type Operation = Callable[[Call], Awaitable[Reply]]
_TABLE: dict[tuple[str, str], list[tuple[tuple[str, ...], Operation]]] = {}


def operation(method: str, kind: str, template: str = "") -> Callable[[Operation], Operation]:
    """Register for e.g. ("GET", "item", "versions/{}/content"): what follows the address of an item."""

    def register(function: Operation) -> Operation:
        _TABLE.setdefault((method, kind), []).append((tuple(filter(None, template.split("/"))), function))
        return function

    return register


def find_operation(method: str, kind: str, tail: tuple[str, ...]) -> tuple[str, Operation, tuple[str, ...]] | None:
    """The operation's name ("GET item/versions/{}"), the function, and the arguments in the path."""
    for template, function in _TABLE.get((method, kind), []):
        if len(template) == len(tail) and all(t in ("{}", s) for t, s in zip(template, tail, strict=True)):
            arguments = tuple(s for t, s in zip(template, tail, strict=True) if t == "{}")
            return " ".join([method, "/".join([kind, *template])]), function, arguments
    return None


def knows_path(kind: str, tail: tuple[str, ...]) -> bool:
    return any(find_operation(method, kind, tail) for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))
