"""Rows as Table Storage holds them: safe keys, and properties cut into pieces that fit."""

from __future__ import annotations

from collections.abc import Mapping

from shared.ledger.keys import decoded, is_folded, stored
from shared.ledger.store import Row

PIECE = 30_000  # characters; Table Storage takes 64 KiB of UTF-16 a property, which is 32,768
_WIDE_PIECE = PIECE // 2  # text with characters outside the basic plane: each may count twice
_CUT = "__"  # name, name__1, name__2 …
_PARTITION, _KEY = "whole_partition", "whole_key"  # of keys that had to be folded


def to_entity(row: Row) -> dict[str, str]:
    entity = {"PartitionKey": stored(row.partition), "RowKey": stored(row.key)}
    if is_folded(entity["PartitionKey"]):
        entity[_PARTITION] = row.partition
    if is_folded(entity["RowKey"]):
        entity[_KEY] = row.key
    for name, value in row.properties.items():
        entity[name] = value
        size = PIECE if len(value) <= _WIDE_PIECE or max(value) <= "\uffff" else _WIDE_PIECE
        if len(value) > size:
            pieces = [value[start : start + size] for start in range(0, len(value), size)]
            entity[name] = pieces[0]
            entity.update({f"{name}{_CUT}{number}": piece for number, piece in enumerate(pieces[1:], start=1)})
    return entity


def to_row(entity: Mapping[str, object], etag: str) -> Row:
    columns = {name: value for name, value in entity.items() if isinstance(value, str)}
    partition, key = columns.pop("PartitionKey"), columns.pop("RowKey")
    whole_partition, whole_key = columns.pop(_PARTITION, None), columns.pop(_KEY, None)
    properties = {name: value for name, value in columns.items() if _CUT not in name}
    for name in properties:
        number = 1
        while (piece := columns.get(f"{name}{_CUT}{number}")) is not None:
            properties[name] += piece
            number += 1
    return Row(
        decoded(partition) if whole_partition is None else whole_partition,
        decoded(key) if whole_key is None else whole_key,
        properties,
        etag,
    )
