"""Link as JSON beside a few plain columns for people and queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache

from pydantic import TypeAdapter, ValidationError

from shared.domain.assets import FieldContent
from shared.domain.decisions import Reason
from shared.domain.links import Link
from shared.ledger.keys import instant, instant_text
from shared.ledger.store import LedgerUnreadable, Row

# JSON has no instants: one among the fields would come back as text and differ from what CELUM reports.
_INSTANT = "@instant"


@cache
def _links() -> TypeAdapter[Link]:
    return TypeAdapter(Link)


@cache
def _reasons() -> TypeAdapter[tuple[Reason, ...]]:
    return TypeAdapter(tuple[Reason, ...])


def link_properties(link: Link) -> dict[str, str]:
    asset = (link.settled and link.settled.asset) or (link.transfer and link.transfer.asset)
    if link.settled:
        fields = {label: _packed(content) for label, content in link.settled.fields.items()}
        link = replace(link, settled=replace(link.settled, fields=fields))
    return {
        "flow": link.flow,
        "state": link.state.value,
        "path": link.path or "",
        "asset": str(asset or ""),
        "json": _links().dump_json(link, exclude={"etag"}).decode(),
    }


def link_of(row: Row) -> Link:
    try:
        link = _links().validate_json(row.properties["json"])
    except (ValidationError, KeyError) as error:
        raise LedgerUnreadable(
            f"ledger: the link {row.partition} holds what this release does not understand; "
            "deploy the release that wrote it, or a newer one"
        ) from error
    if link.settled:
        fields = {label: _unpacked(content) for label, content in link.settled.fields.items()}
        link = replace(link, settled=replace(link.settled, fields=fields))
    return replace(link, etag=row.etag)


def reasons_text(reasons: tuple[Reason, ...]) -> str:
    return _reasons().dump_json(reasons).decode()


def reasons_of(text: str) -> tuple[Reason, ...]:
    return _reasons().validate_json(text)


def _packed(content: FieldContent) -> FieldContent:
    match content:
        case datetime():
            return {_INSTANT: instant_text(content)}
        case Mapping():
            return dict(content)
        case _:
            return content


def _unpacked(content: FieldContent) -> FieldContent:
    if isinstance(content, Mapping) and content.keys() == {_INSTANT}:
        return instant(content[_INSTANT])
    return content
