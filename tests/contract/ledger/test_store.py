from __future__ import annotations

import pytest

from shared.errors import LedgerConflict
from shared.ledger import Store
from shared.ledger.keys import stored
from shared.ledger.store import Row, Table

ODD_KEYS = [
    "b!-RIj2DuyvEyV1T4NlOaMHk8XkS_I8MdFlUCq1BlcjgmhRfAj3-Z8RY2VpuvV_tpd",
    "flow|b!abc|01ABCDEF",
    "/Marketing/Q3 #1 100% fertig?/a\\b",
    "%2F and %25",
    "it's a 'quoted' key",
    "Überraschung 🎉 名前",
    "nfd: e\u0301 nfc: é",
    "tab\tline\nnul\0del\x7f c1\x85",
    "=41 looks encoded",
    "~tilde~",
    " spaces ",
    "a+b&c;d,e",
    "\ud83d lone surrogate",
    "",
]


async def rows_of(store: Store, partition: str, prefix: str = "", limit: int | None = None) -> list[str]:
    return [row.key async for row in store.query(Table.FOLDERS, partition, prefix=prefix, limit=limit)]


@pytest.mark.parametrize("key", ODD_KEYS)
async def test_any_text_is_a_key(store: Store, key: str) -> None:
    await store.insert(Table.FOLDERS, Row(key, key, {"name": "x"}))

    row = await store.get(Table.FOLDERS, key, key)
    assert row is not None
    assert (row.partition, row.key) == (key, key)

    etag = await store.replace(Table.FOLDERS, Row(key, key, {"name": "y"}, row.etag))
    await store.upsert_all(Table.FOLDERS, [Row(key, "other", {}), Row(key, key + "2", {})])
    assert set(await rows_of(store, key)) == {key, key + "2", "other"}
    assert key in {found.partition async for found in store.query_across(Table.FOLDERS, prefix=key)}

    with pytest.raises(LedgerConflict):
        await store.delete(Table.FOLDERS, key, key, etag=row.etag)
    await store.delete(Table.FOLDERS, key, key, etag=etag)
    assert await store.get(Table.FOLDERS, key, key) is None


async def test_odd_keys_do_not_meet_each_other(store: Store) -> None:
    for number, key in enumerate(ODD_KEYS):
        await store.insert(Table.FOLDERS, Row("p", key, {"number": str(number)}))

    found = {row.key: row.properties["number"] async for row in store.query(Table.FOLDERS, "p")}
    assert found == {key: str(number) for number, key in enumerate(ODD_KEYS)}


async def test_a_key_that_is_too_long_for_the_table_still_finds_its_row(store: Store) -> None:
    long = "/Kampagnen/" + "Ü" * 400
    await store.insert(Table.FOLDERS, Row(long + "1", long + "1", {"name": "one"}))
    await store.insert(Table.FOLDERS, Row(long + "1", long + "2", {"name": "two"}))

    one = await store.get(Table.FOLDERS, long + "1", long + "1")
    assert one is not None
    assert (one.partition, one.key, dict(one.properties)) == (long + "1", long + "1", {"name": "one"})
    assert await store.get(Table.FOLDERS, long + "2", long + "1") is None
    assert await rows_of(store, long + "1", prefix=long + "2") == [long + "2"]
    assert [row.key async for row in store.query_across(Table.FOLDERS, prefix=long + "2")] == []


@pytest.mark.parametrize("letter", ["a", "/", "🎉"])
def test_no_key_is_longer_than_the_table_takes(letter: str) -> None:
    lengths = {len(stored(letter * count)) for count in range(700)}

    assert max(lengths) <= 512  # 1 KiB of UTF-16, which Azurite does not check


@pytest.mark.parametrize("size", [15_001, 29_999, 30_000, 30_001, 40_000])
@pytest.mark.parametrize("letter", ["a", "ü", "🎉"])
async def test_a_long_value_comes_back_whole(store: Store, size: int, letter: str) -> None:
    value = letter * size
    await store.insert(Table.DRIVES, Row("p", "k", {"long": value, "longer": value + "!", "empty": ""}))

    row = await store.get(Table.DRIVES, "p", "k")
    assert row is not None
    assert row.properties == {"long": value, "longer": value + "!", "empty": ""}


async def test_a_shorter_value_leaves_nothing_of_the_longer_one(store: Store) -> None:
    etag = await store.insert(Table.DRIVES, Row("p", "k", {"link": "x" * 70_000, "gone": "y"}))
    await store.replace(Table.DRIVES, Row("p", "k", {"link": "short"}, etag))

    row = await store.get(Table.DRIVES, "p", "k")
    assert row is not None
    assert row.properties == {"link": "short"}


async def test_insert_is_refused_when_the_row_exists(store: Store) -> None:
    await store.insert(Table.DRIVES, Row("p", "k", {"by": "first"}))
    with pytest.raises(LedgerConflict):
        await store.insert(Table.DRIVES, Row("p", "k", {"by": "second"}))

    row = await store.get(Table.DRIVES, "p", "k")
    assert row is not None
    assert row.properties == {"by": "first"}


async def test_replace_is_refused_when_the_row_was_changed_or_is_gone(store: Store) -> None:
    stale = await store.insert(Table.DRIVES, Row("p", "k", {"by": "first"}))
    fresh = await store.replace(Table.DRIVES, Row("p", "k", {"by": "second"}, stale))
    assert fresh != stale
    with pytest.raises(LedgerConflict):
        await store.replace(Table.DRIVES, Row("p", "k", {"by": "third"}, stale))
    await store.delete(Table.DRIVES, "p", "k")
    with pytest.raises(LedgerConflict):
        await store.replace(Table.DRIVES, Row("p", "k", {"by": "third"}, fresh))


async def test_the_etag_of_a_write_is_that_of_the_read(store: Store) -> None:
    etags = [await store.insert(Table.DRIVES, Row("p", "k", {}))]
    etags.append(await store.replace(Table.DRIVES, Row("p", "k", {"a": "1"}, etags[0])))
    etags.append(await store.upsert(Table.DRIVES, Row("p", "k", {"a": "2"})))

    read = await store.get(Table.DRIVES, "p", "k")
    queried = [row async for row in store.query(Table.DRIVES, "p")]
    assert read is not None
    assert len(set(etags)) == 3
    assert [read.etag, queried[0].etag] == [etags[-1], etags[-1]]


async def test_what_was_never_written_is_simply_not_there(store: Store) -> None:
    assert await store.get("never", "p", "k") is None
    assert [row async for row in store.query("never", "p")] == []
    assert [row async for row in store.query_across("never")] == []
    await store.delete("never", "p", "k")
    await store.merge_all("never", [Row("p", "k", {})])
    with pytest.raises(LedgerConflict):
        await store.replace("never", Row("p", "k", {}, "W/\"datetime'2026-11-24T10%3A00%3A00.0000000Z'\""))
    assert await store.tables("never") == []


async def test_a_partition_is_read_in_order_of_its_keys(store: Store) -> None:
    for key in ["b", "a2", "c", "a1", "a"]:
        await store.upsert(Table.FOLDERS, Row("p", key, {}))
    await store.upsert(Table.FOLDERS, Row("q", "a", {}))

    assert await rows_of(store, "p") == ["a", "a1", "a2", "b", "c"]
    assert await rows_of(store, "p", prefix="a") == ["a", "a1", "a2"]
    assert await rows_of(store, "p", prefix="a", limit=2) == ["a", "a1"]
    assert await rows_of(store, "p", prefix="d") == []


async def test_partitions_are_read_in_order_up_to_one_of_them(store: Store) -> None:
    for partition in ["m3", "m1", "m2", "n1"]:
        for key in ["2", "1"]:
            await store.upsert(Table.DUE, Row(partition, key, {}))

    async def across(prefix: str = "", until: str | None = None, limit: int | None = None) -> list[str]:
        rows = store.query_across(Table.DUE, prefix=prefix, until=until, limit=limit)
        return [row.partition + row.key async for row in rows]

    assert await across(until="m2") == ["m11", "m12", "m21", "m22"]
    assert await across(until="m20", limit=3) == ["m11", "m12", "m21"]
    assert await across(prefix="n") == ["n11", "n12"]
    assert await across(prefix="m", until="m1") == ["m11", "m12"]
    assert len(await across()) == 8


async def test_more_rows_than_a_page_holds_are_all_found(store: Store) -> None:
    await store.upsert_all(Table.FOLDERS, [Row("p", f"{number:04d}", {}) for number in range(1010)])

    assert await rows_of(store, "p") == [f"{number:04d}" for number in range(1010)]


async def test_many_rows_are_written_in_groups(store: Store) -> None:
    rows = [Row(f"p{number % 2}", f"b!{number:03d}|#/ü", {"moved": "True", "name": "x"}) for number in range(250)]
    await store.upsert_all(Table.FOLDERS, [*rows, Row("p0", "b!000|#/ü", {"moved": "True", "name": "last"})])
    assert len(await rows_of(store, "p0")) == 125

    merged = [Row(row.partition, row.key, {"moved": "False"}) for row in rows]
    await store.merge_all(Table.FOLDERS, [*merged, Row("p1", "missing", {"moved": "False"})])
    found = {row.key: dict(row.properties) async for row in store.query(Table.FOLDERS, "p1")}
    assert len(found) == 125
    assert set(map(str, found.values())) == {"{'moved': 'False', 'name': 'x'}"}
    first = await store.get(Table.FOLDERS, "p0", "b!000|#/ü")
    assert first is not None
    assert first.properties == {"moved": "False", "name": "last"}


async def test_preparing_twice_creates_every_table_once(store: Store) -> None:
    await store.prepare()
    await store.prepare()

    assert await store.tables("") == sorted(Table)
