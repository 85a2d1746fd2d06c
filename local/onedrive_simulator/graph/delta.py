"""The change feed: last state per item since a token, in pages whose links hold all that the next one needs."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from local.onedrive_simulator.clock import iso, parse_moment
from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import Item, Tombstone
from local.onedrive_simulator.graph import render
from local.onedrive_simulator.graph.call import Call, Json, Reply, operation
from local.onedrive_simulator.problems import GraphProblem, invalid

REMOVED_AS_DELETED, GAPS = "deltashowremovedasdeleted", "deltatraversepermissiongaps"  # what Prefer may ask for
SHARING_CHANGES = "deltashowsharingchanges"


@dataclass(frozen=True, slots=True)
class Token:
    """Where the reader stands in the change log. Tombstones up to `crawled_to` are no news to a full crawl."""

    drive: str
    generation: int
    cursor: int = 0
    since: int = 0  # where this run began
    crawled_to: int = 0
    page: int = 0
    select: str = ""
    expand: str = ""
    top: int = 0

    def encode(self) -> str:
        packed = zlib.compress(json.dumps(asdict(self)).encode())
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Token:
        try:
            packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return cls(**json.loads(zlib.decompress(packed)))
        except (ValueError, TypeError, zlib.error, binascii.Error):
            raise invalid("The provided token is not valid.") from None


@operation("GET", "item", "delta")
@operation("GET", "drive", "delta")
async def delta(call: Call) -> Reply:
    """Reached in every form of the address: the token has become a query option by then."""
    if call.item is not call.drive.root:
        raise GraphProblem(400, "notSupported", "delta is supported on the root of a drive only")
    token = _token(call)
    if call.query.get("token") == "latest":
        return Reply(200, {"value": [], "@odata.deltaLink": _link(call, token)})
    if token.generation < call.drive.generation:
        raise _resync(call)
    if call.tenant.quirks.delta_expires_again > 0:
        call.tenant.quirks.delta_expires_again -= 1
        raise _resync(call, page=token.page + 1)
    return Reply(200, _page(call, token))


def _token(call: Call) -> Token:
    drive, text = call.drive, call.query.get("token", "")
    end = len(drive.log)
    fresh = Token(drive.id, drive.generation, select=call.option("select"), expand=call.option("expand"))
    fresh = replace(fresh, top=call.top(0) if call.option("top") else 0)
    _check_expand(call, fresh.expand)
    if not text:
        return replace(fresh, crawled_to=end)
    if text == "latest":
        return replace(fresh, cursor=end, since=end)
    if re.match(r"\d{4}-\d\d-\d\d", text):
        at = _sequence_at(drive, text)
        return replace(fresh, cursor=at, since=at)
    token = Token.decode(text)
    if token.drive != drive.id or token.cursor > end:
        raise invalid("The provided token belongs to another drive.")
    return token


def _check_expand(call: Call, expand: str) -> None:
    if "fields" in expand and not call.tenant.quirks.delta_expands_fields:
        raise invalid("Expanding the columns of list items is not supported in delta.")


def _sequence_at(drive: Drive, text: str) -> int:
    """The last log entry at a moment, for a reader that has lost its link."""
    try:
        moment = parse_moment(text)
    except ValueError:
        raise invalid(f"The token {text!r} is not a valid timestamp") from None
    alive = [i.sequence for i in drive.items.values() if i.changed and i.changed <= moment]
    gone = [t.sequence for t in drive.gone.values() if t.at <= moment]
    return max([*alive, *gone], default=0)


def _resync(call: Call, page: int = 0) -> GraphProblem:
    fresh = Token(call.drive.id, call.drive.generation, crawled_to=len(call.drive.log), page=page)
    return GraphProblem(
        410,
        "resyncRequired",
        "Resync required. Replace any local items with the server's version.",
        inner=call.drive.resync,
        headers={} if call.tenant.quirks.delta_gone_without_location else {"Location": _link(call, fresh)},
    )


def _page(call: Call, token: Token) -> Json:
    quirks, drive = call.tenant.quirks, call.drive
    if quirks.delta_endless == "empty":
        return {"value": [], "@odata.nextLink": _link(call, replace(token, page=token.page + 1))}
    if quirks.delta_empty_page and token.page == 0:
        return {"value": [], "@odata.nextLink": _link(call, replace(token, page=1))}
    found, cursor = _collect(call, token)
    body: Json = {"value": [_entry(call, token, e) for e in found]}
    if quirks.delta_repeats_unchanged and cursor >= len(drive.log):
        body["value"] += [_entry(call, token, i) for i in list(drive.items.values())[1:2]]
    if quirks.delta_endless:
        return body | {"@odata.nextLink": _link(call, replace(token, page=token.page + 1))}
    if cursor >= len(drive.log) and not quirks.delta_repeats_next_link:
        done = replace(token, cursor=cursor, since=cursor, crawled_to=0, page=0)
        return body | {"@odata.deltaLink": _link(call, done)}
    if quirks.delta_repeats_next_link:
        return body | {"@odata.nextLink": _link(call, token)}
    if quirks.delta_duplicates:
        cursor = max(cursor - 1, token.cursor + 1)
    return body | {"@odata.nextLink": _link(call, replace(token, cursor=cursor, page=token.page + 1))}


def _collect(call: Call, token: Token) -> tuple[list[Item | Tombstone], int]:
    """Changed items in order of the log, each after the folders above it that have not changed themselves."""
    drive, quirks = call.drive, call.tenant.quirks
    top = token.top or quirks.delta_page_size
    top = min(top, quirks.delta_page_at_most or top)
    page: dict[str, Item | Tombstone] = {}
    cursor = token.cursor
    while cursor < len(drive.log):
        item_id = drive.log[cursor]
        for entry in _news(call, token, item_id, cursor + 1):
            added = [a for a in _parents(call, token, entry) if a.id not in page]
            if page and len(page) + len(added) + 1 > top:
                return list(page.values()), cursor
            page.update({a.id: a for a in added})
            page[item_id] = entry
        cursor += 1
    return list(page.values()), cursor


def _news(call: Call, token: Token, item_id: str, sequence: int) -> list[Item | Tombstone]:
    drive, quirks = call.drive, call.tenant.quirks
    item = drive.items.get(item_id)
    if item and item.sequence == sequence:
        return [item] if _reaches(call, item) or _told_as_deleted(call, token, item) else []
    stone = drive.gone.get(item_id)
    if not stone or stone.sequence != sequence or sequence <= token.crawled_to or quirks.delta_missing_tombstones:
        return []
    return [] if quirks.delta_omits_deleted_descendants and not stone.top else [stone]


def _reaches(call: Call, item: Item) -> bool:
    """Below a folder that the caller may not see, only who asks to step over such gaps goes on."""
    if not call.sees(item):
        return False
    return _prefers(call, GAPS) or all(call.sees(folder) for folder in call.drive.ancestors(item))


def _told_as_deleted(call: Call, token: Token, item: Item) -> bool:
    """Who asks for it is told of what left his view as if it had been deleted."""
    return item.hidden and _prefers(call, REMOVED_AS_DELETED) and item.sequence > token.crawled_to


def _prefers(call: Call, *wanted: str) -> bool:
    asked = {part.strip() for part in call.headers.get("Prefer", "").casefold().split(",")}
    return asked.issuperset(wanted)


def _parents(call: Call, token: Token, entry: Item | Tombstone) -> list[Item]:
    """Folders above that are older than this run; a deleted item's folders count as well as long as they live."""
    if call.headers.get("deltaExcludeParent"):
        return []
    item = entry.item if isinstance(entry, Tombstone) else entry
    parent = call.drive.items.get(item.parent_id)
    line = [*call.drive.ancestors(parent), parent] if parent else []
    return [folder for folder in line if folder.sequence <= token.since and call.sees(folder)]


def _entry(call: Call, token: Token, entry: Item | Tombstone) -> Json:
    if isinstance(entry, Tombstone):
        looks_alive = call.tenant.quirks.delta_deleted_look_alive
        return _living(call, token, entry.item) if looks_alive else _tombstone(call, entry)
    return _living(call, token, entry) | _why(call, entry)


def _why(call: Call, item: Item) -> Json:
    """The mark that the item is here for a change of permissions only; it comes to who asks for all three."""
    is_marked = item.permissions_at == item.sequence and _prefers(call, REMOVED_AS_DELETED, GAPS, SHARING_CHANGES)
    return {"@microsoft.graph.sharedChanged": "True"} if is_marked else {}


def _living(call: Call, token: Token, entry: Item) -> Json:
    if not call.sees(entry):
        return _tombstone(call, Tombstone(entry, "", top=True, sequence=entry.sequence, at=call.tenant.clock.now()))
    quirks = call.tenant.quirks
    body: dict[str, Any] = render.drive_item(
        call.tenant, call.drive, entry, select=_with_id(token.select), expand=token.expand
    )
    if not quirks.delta_with_ctag:
        body.pop("cTag", None)
    if not quirks.delta_with_path and "parentReference" in body:
        body["parentReference"].pop("path", None)
    return body


def _with_id(select: str) -> str:
    return f"{select},id" if select else ""


def _tombstone(call: Call, stone: Tombstone) -> Json:
    item = stone.item
    body: Json = {
        "@odata.type": "#microsoft.graph.driveItem",
        "id": item.id,
        "parentReference": render.parent_reference(call.drive, item, with_path=False) | {"id": item.parent_id},
        "fileSystemInfo": {"createdDateTime": "0001-01-01T08:00:00Z", "lastModifiedDateTime": "0001-01-01T08:00:00Z"},
        "lastModifiedDateTime": iso(stone.at),
        ("folder" if item.is_folder else "file"): {},
        "deleted": {"state": "deleted"},
    }
    if call.tenant.quirks.delta_tombstones_keep_name:
        body["name"] = item.name
    return body


def _link(call: Call, token: Token) -> str:
    """Both spellings are in use; readers must not take links apart."""
    return f"{call.tenant.base_url}/v1.0/drives/{call.drive.id}/root/delta(token='{token.encode()}')"
