"""How the client hears and finds what others do in CELUM: events, polls, relations, collections, filters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from local.celum_simulator import CelumSimulator, seeds
from local.celum_simulator.stage import Given
from local.serving import Exchange
from shared.celum import Celum, EventKind, Heard, Poll, Secrets, Watermark, filters, hear
from shared.domain.assets import FieldType
from shared.domain.ids import AssetId, CollectionId
from shared.errors import NameProblem
from tests.contract.celum.acts import created
from tests.contract.document import Document
from tests.contract.schemas import Schemas

SECRET, OFFICE = "a long secret", "/Marketing/Office"


@dataclass
class Ear:
    """What the events' address of the product would take from each call."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)

    async def listen(self, request: web.Request) -> web.Response:
        found = hear(await request.read(), request.headers.get("X-Celum-Secret"), Secrets((SECRET,)))
        self.heard.append(found)
        return web.Response(status=found.status)

    @property
    def kinds(self) -> list[str]:
        return [event.kind for one in self.heard for event in one.events]


@asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    ear = Ear()
    app = web.Application()
    app.router.add_post("/events", ear.listen)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    ear.url = f"http://{host}:{port}/events"
    try:
        yield ear
    finally:
        await runner.cleanup()


@pytest.fixture
async def ear(sim: CelumSimulator) -> AsyncIterator[Ear]:
    async with listening() as opened:
        sim.quirks.change({"events_url": opened.url, "events_secret": SECRET})
        yield opened


async def everything_that_happens(celum: Celum, sim: CelumSimulator) -> tuple[AssetId, AssetId]:
    """One of each of the 18 types."""
    hero = AssetId(sim.add_asset("a.txt", b"a", parents=[OFFICE], type="Office document"))
    other = AssetId(sim.add_asset("b.txt", b"b", parents=[OFFICE], type="Office document"))
    sim.change_asset(hero, name="Hero", add_to=["/Marketing/Campaigns"], fields={"Campaign": "Spring"})
    sim.change_asset(hero, remove_from=["/Marketing/Campaigns"])
    sim.add_version(hero, "a2.txt", b"a2")
    async with (
        aiohttp.ClientSession(headers={"X-API-KEY": seeds.ACME_KEY}) as session,
        session.delete(f"{sim.api_url}/assets/{hero}/versions/1") as answer,
    ):
        assert answer.status == 204
    triple = {"descriptionKey": "file", "providerKey": "onedrive"}
    sim.patch_asset(hero, {"externalReferences": {"op": "MODIFY", "add": [triple | {"url": "https://a.example"}]}})
    sim.patch_asset(hero, {"externalReferences": {"op": "MODIFY", "remove": [triple]}})
    kind = await celum.relations.type("Adaptation")
    await celum.relations.remove(await celum.relations.relate(kind, hero, other))
    sim.add_collection_as("/Marketing/New")
    sim.patch_collection("/Marketing/New", {"name": {"en": "Newer"}})
    sim.patch_collection("/Marketing/Newer", {"parentId": {"op": "SET", "value": sim.collection("/Review").id}})
    sim.delete_collection("/Review/Newer")
    sim.clock.advance(sim.quirks.preview_delay)
    sim.tenant.let_happen()
    sim.delete_asset(hero)
    await sim.outbox.emptied()
    return hero, other


async def test_all_18_events_arrive_in_the_shape_of_the_contract_and_are_understood(
    celum: Celum, sim: CelumSimulator, ear: Ear, document: Document
) -> None:
    hero, other = await everything_that_happens(celum, sim)
    assert set(ear.kinds) == set(EventKind)
    assert {asset for one in ear.heard for asset in one.assets} == {hero, other}
    schemas = Schemas(document)
    for body in sim.outbox.sent:
        kind = str(body["type"])
        pointer = f"/webhooks/{kind}/post/requestBody/content/application~1json/schema"
        assert list(schemas.check(kind, pointer, body)) == []


async def test_G100_events_may_come_twice(sim: CelumSimulator, ear: Ear) -> None:
    sim.quirks.events_delivery = "twice"
    sim.add_asset("a.txt", b"a", parents=[OFFICE])
    await sim.outbox.emptied()
    assert ear.kinds == ["ASSET_CREATED"] * 2 + ["ASSET_ADDED"] * 2


async def test_G101_events_may_come_late_and_backwards_and_name_the_same(sim: CelumSimulator, ear: Ear) -> None:
    sim.quirks.events_held = True
    number = AssetId(sim.add_asset("a.txt", b"a", parents=[OFFICE]))
    sim.add_version(number, "b.txt", b"b")
    await sim.outbox.emptied()
    assert ear.heard == []
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.base_url}/_control/events/release", json={"order": "reversed"}) as answer,
    ):
        assert await answer.json() == {"events": 4}
    assert ear.kinds[0] == "ASSET_VERSION_ACTIVATED"
    assert ear.kinds[-1] == "ASSET_CREATED"
    assert {asset for one in ear.heard for asset in one.assets} == {number}


async def test_G103_a_forged_event_is_refused(sim: CelumSimulator, ear: Ear) -> None:
    forged = {"type": "ASSET_DELETED", "userId": 1, "date": "2026-03-02T09:15:41Z", "entity": {"id": 1}}
    async with aiohttp.ClientSession() as session:
        for secret in ("a guess", None):
            told = {"events": [forged, {"type": "NONSENSE"}], "secret": secret, "times": 2}
            async with session.post(f"{sim.base_url}/_control/events", json=told) as answer:
                assert await answer.json() == {"statuses": [401, 401]}
    assert ear.kinds == []


async def test_G102_what_no_event_told_is_found_by_the_poll(celum: Celum, sim: CelumSimulator) -> None:
    sim.quirks.events_delivery = "never"
    sim.add_asset("old.txt", b"old", parents=[OFFICE])
    mark = await celum.changes.from_now_on()
    number = sim.add_asset("a.txt", b"a", parents=[OFFICE])
    seen, mark = await polled(celum.changes, mark)
    assert seen == [number]
    sim.add_version(number, "b.txt", b"b")
    seen, mark = await polled(celum.changes, mark)
    assert seen == [number]
    assert (await polled(celum.changes, mark))[0] == []


async def polled[T: object](poll: Poll[T], mark: Watermark) -> tuple[list[int], Watermark]:
    seen: list[int] = []
    more = True
    while more:
        step = await poll.step(mark)
        seen += [row.id for row in step.changed]  # type: ignore[attr-defined]  # assets and collections have one
        mark, more = step.watermark, step.more
    return seen, mark


@pytest.mark.parametrize("style", ["iso_ms", "iso", "epoch_ms"])
@pytest.mark.parametrize("ends", ["inclusive", "exclusive"])
async def test_G85_many_assets_of_one_moment_are_polled_page_by_page(
    celum: Celum, sim: CelumSimulator, style: str, ends: str
) -> None:
    sim.quirks.change({"max_page_size": 2, "date_style": style, "range_ends": ends})
    numbers = [sim.add_asset(f"{i}.txt", b"x", parents=[OFFICE]) for i in range(7)]
    seen, mark = await polled(celum.changes, Watermark())
    assert sorted(seen) == numbers
    assert (await polled(celum.changes, mark))[0] == []


async def test_collections_are_polled_too(celum: Celum, sim: CelumSimulator) -> None:
    mark = await celum.collections.changes.from_now_on()
    sim.clock.advance(1)
    sim.patch_collection("/Marketing/Office", {"name": {"en": "Bureau"}})
    seen, mark = await polled(celum.collections.changes, mark)
    assert seen == [sim.collection("/Marketing/Bureau").id]
    assert (await polled(celum.collections.changes, mark))[0] == []


async def test_delivered_assets_are_looked_over_200_a_call(
    celum: Celum, sim: CelumSimulator, exchanges: list[Exchange]
) -> None:
    numbers = [AssetId(sim.add_asset(f"{i}.txt", b"x", parents=[OFFICE])) for i in range(5)]
    sim.delete_asset(numbers[1])
    found = await celum.assets([*numbers, *map(AssetId, range(10_000, 10_250))])
    assert sorted(found) == [number for number in numbers if number != numbers[1]]
    assert len(exchanges) == 2


@pytest.mark.parametrize("limit", [1, 3])
async def test_G84_looking_over_takes_fewer_at_a_time_where_it_must(
    celum: Celum, sim: CelumSimulator, limit: int
) -> None:
    numbers = [AssetId(sim.add_asset(f"{i}.txt", b"x", parents=[OFFICE])) for i in range(5)]
    sim.quirks.max_filter_values = limit
    assert sorted(await celum.assets(numbers)) == numbers


@pytest.mark.parametrize("size", [1, 7, 20])
async def test_G82_a_server_that_gives_smaller_pages_loses_nothing(
    celum: Celum, sim: CelumSimulator, size: int
) -> None:
    numbers = [sim.add_asset(f"{i}.txt", b"x", parents=[OFFICE]) for i in range(8)]
    sim.quirks.max_page_size = size
    assert [hit.id async for hit in celum.search(filters.ids_from(0))] == numbers


async def test_G86_a_change_that_does_not_move_the_date_shows_in_a_look_over(celum: Celum, sim: CelumSimulator) -> None:
    sim.quirks.bump_on = ()
    number = AssetId(sim.add_asset("a.txt", b"x", parents=[OFFICE]))
    _, mark = await polled(celum.changes, Watermark())
    sim.clock.advance(60)
    sim.change_asset(number, add_to=["/Marketing/Campaigns"])
    assert (await polled(celum.changes, mark))[0] == []
    assert len((await celum.assets([number]))[number].parents) == 2


async def test_G88_an_inherited_value_counts_only_where_it_is_asked_for(celum: Celum, sim: CelumSimulator) -> None:
    sim.quirks.inherit_fields = True
    sim.add_collection_type("Campaign", fields=["Campaign"])
    sim.add_collection("/Plan", type="Campaign")
    sim.change_collection("/Plan", fields={"Campaign": "Spring"})
    number = sim.add_asset("a.txt", b"x", parents=["/Plan"], type="Office document")
    definition = await celum.directory.field(await celum.directory.asset_type("Office document"), "Campaign")
    for inherited, expected in ((True, [number]), (False, [])):
        sought = filters.field_holds(definition, "Spring", inherited=inherited)
        assert [hit.id async for hit in celum.search(sought)] == expected


async def test_G112_a_collection_that_moved_names_itself_and_both_ends(sim: CelumSimulator, ear: Ear) -> None:
    office, marketing, review = (sim.collection(path).id for path in (OFFICE, "/Marketing", "/Review"))
    sim.patch_collection(OFFICE, {"parentId": {"op": "SET", "value": review}})
    await sim.outbox.emptied()
    assert ear.heard[0].collections == (office, marketing, review)


async def test_relations_are_made_once_found_from_both_sides_and_removed(celum: Celum, sim: CelumSimulator) -> None:
    master, adaptation, other = (
        AssetId(sim.add_asset(f"{name}.txt", name.encode(), parents=[OFFICE])) for name in ("m", "a", "o")
    )
    kind = await celum.relations.type("Adaptation")
    made = await celum.relations.relate(kind, adaptation, master)
    assert await celum.relations.relate(kind, adaptation, master) == made, "also after an answer that was lost"
    assert await celum.relations.of(master) == await celum.relations.of(adaptation, kind) == (made,)
    assert (made.source, made.target, made.status) == (adaptation, master, "SYNCED")
    assert await celum.relations.of(other) == ()
    sim.delete_asset(master)
    assert [one.status for one in await celum.relations.of(adaptation)] == ["BROKEN"]
    await celum.relations.remove(made)
    await celum.relations.remove(made)
    assert sim.tenant.relations == {}
    with pytest.raises(NameProblem, match='no relation type "Translation"; candidates: Adaptation'):
        await celum.relations.type("Translation")


async def test_collections_are_found_by_type_and_by_what_their_fields_hold(celum: Celum, sim: CelumSimulator) -> None:
    kind = sim.add_collection_type("Campaign", fields=["Campaign", "Market", "Rating", "Product line", "Retain until"])
    for name in ("Spring", "Autumn"):
        sim.add_collection(f"/{name}", type="Campaign")
    values: dict[str, Given] = {
        "Campaign": "Spring 26",
        "Market": "Norway",
        "Rating": 4,
        "Product line": ["/Product lines/Roadrunner"],
        "Retain until": datetime(2027, 1, 1, tzinfo=UTC),
    }
    sim.change_collection("/Spring", fields=values)
    spring = sim.collection("/Spring").id
    fields = (await celum.directory.asset_type("Campaign asset")).fields
    for label in values:
        definition = next(one for one in fields if one.label == label)
        read = await celum.collections.read(CollectionId(spring))
        assert read is not None
        assert read.fields is not None
        sought = [
            filters.collection_types([kind]),
            filters.field_holds(definition, read.fields[definition.id], entity=filters.Entity.COLLECTION),
            filters.field_empty(definition.id, empty=False, entity=filters.Entity.COLLECTION),
        ]
        if definition.type in {FieldType.NUMBER, FieldType.DATE}:
            value = read.fields[definition.id]
            sought.append(filters.field_within(definition, value, None, entity=filters.Entity.COLLECTION))
        assert [one.id async for one in celum.collections.search(filters.all_collections(*sought))] == [spring], label
    assert await celum.collections.read(CollectionId(9999)) is None
    granted = await celum.collections.rights(CollectionId(spring), ["upload", "addCollection"])
    assert granted == {"upload": True, "addCollection": True}


async def test_every_filter_for_assets_is_one_that_celum_takes(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum)
    user, now = (await celum.identity()).user_id, sim.clock.now()
    hour = timedelta(hours=1)
    matching = [
        filters.ids([made.id]),
        filters.name("Hero"),
        filters.file_name("hero.txt"),
        filters.extensions([".TXT"]),
        filters.categories(["text"]),
        filters.asset_types([made.type_id or 0]),
        filters.parents(made.parents),
        filters.in_collections_of_type([sim.collection("/Bridge/Intake").type_id]),
        filters.created_by([user]),
        filters.modified_by([user]),
        filters.versioned_by([user]),
        filters.created_between(now - hour, now + hour),
        filters.modified_between(None, now + hour),
        filters.versioned_between(now - hour),
        filters.available(),
        filters.available_between(now, now + hour),
        filters.none_of(filters.expiring_between(None, now + hour)),
    ]
    for one in [*matching, filters.all_of(*matching), filters.any_of(*matching)]:
        assert [hit.id async for hit in celum.search(one)] == [made.id], one
    with pytest.raises(ValueError, match="needs an end"):
        filters.created_between(None)
