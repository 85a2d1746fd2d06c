"""What goes wrong outside of a call's own business: identity, network, throttling."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from local.onedrive_simulator.simulator import OneDriveSimulator
from local.serving import Fault
from shared.clock import SystemClock
from shared.domain.ids import DriveId, ItemId
from shared.errors import BridgeError, CursorExpired, Forbidden, Missing, NotAuthorised, Throttled, Unavailable
from shared.onedrive import LocalToken, OneDrive
from shared.onedrive.answers import Answer, json_of
from shared.onedrive.items import moment_of
from tests.contract.onedrive.conftest import World, settings_for


class Tokens(LocalToken):
    """A token endpoint that fails when told, and writes down what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: Exception | None = None
        self.claims: list[str | None] = []

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: object,
    ) -> AccessToken:
        self.claims.append(claims)
        if self.failing is not None:
            raise self.failing
        return await super().get_token(*scopes, claims=claims, tenant_id=tenant_id, enable_cae=enable_cae, **kwargs)


@asynccontextmanager
async def client(base_url: str, tokens: LocalToken | None = None) -> AsyncIterator[OneDrive]:
    settings = settings_for(base_url)
    opened = OneDrive(dataclasses.replace(settings, credential=lambda: tokens or LocalToken()), SystemClock())
    try:
        yield opened
    finally:
        await opened.close()


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (ClientAuthenticationError("AADSTS7000222: the client secret has expired"), NotAuthorised),
        (HttpResponseError("429 from the token endpoint"), Unavailable),
    ],
)
async def test_B14_F6_a_token_that_cannot_be_had_is_said_and_had_again_without_a_restart(
    world: World, failure: Exception, error: type[BridgeError]
) -> None:
    tokens = Tokens()
    async with client(world.simulator.base_url, tokens) as onedrive:
        tokens.failing = failure
        with pytest.raises(error, match="no token"):
            await onedrive.item_at(world.drive, "/")
        tokens.failing = None
        assert await onedrive.item_at(world.drive, "/")


async def test_F6_a_claims_challenge_is_answered_once_with_a_new_token(world: World) -> None:
    claims = base64.b64encode(b'{"access_token":{"nbf":{"value":"1"}}}').decode()
    challenge = f'Bearer realm="", error="insufficient_claims", claims="{claims}"'
    tokens = Tokens()
    async with client(world.simulator.base_url, tokens) as onedrive:
        await onedrive.item_at(world.drive, "/")
        fault = Fault("GET /v1.0", status=401, headers={"WWW-Authenticate": challenge})
        world.simulator.serving.faults.append(fault)
        assert await onedrive.item_at(world.drive, "/")
    assert any(tokens.claims)


async def test_F7_a_withdrawn_consent_never_looks_like_an_empty_drive(world: World) -> None:
    world.put("/F/a.txt", b"a")
    onedrive, drive = world.onedrive, world.drive
    latest = (await onedrive.delta_latest(drive)).delta_link or ""
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: onedrive.delta(latest),
        lambda: onedrive.delta(onedrive.delta_start(drive)),
        lambda: onedrive.item(drive, ItemId("root")),
        lambda: onedrive.item_at(drive, "/F"),
        lambda: onedrive.children_page(drive, ItemId("root"), None),
        lambda: onedrive.grants.list(drive, ItemId("root")),
        lambda: onedrive.batching.read(["/me"], "read"),
        lambda: onedrive.drive_of("acme.sharepoint.com:/sites/marketing", "Documents"),
    ]
    world.simulator.serving.faults.append(
        Fault("v1.0", times=99, status=403, body='{"error":{"code":"accessDenied","message":"no"}}')
    )
    for call in calls:
        with pytest.raises(Forbidden):
            await call()


async def test_F1_F4_every_throttled_call_says_how_long_whatever_it_asked(world: World) -> None:
    answer = Fault("v1.0", times=99, status=503, headers={"Retry-After": "3600"})
    world.simulator.serving.faults.append(answer)
    for _ in range(3):
        with pytest.raises(Throttled) as throttled:
            await world.onedrive.item_at(world.drive, "/")
        assert throttled.value.retry_after == 3600
    assert 99 - answer.times == 3  # nothing is tried again behind the caller's back


async def test_F2_what_graph_says_of_the_units_left_is_passed_on(world: World) -> None:
    await world.onedrive.item_at(world.drive, "/")
    before = world.onedrive.headroom
    assert before is None
    world.simulator.quirks.update({"throttle": True, "units_per_minute": 10})
    for _ in range(9):
        await world.onedrive.item_at(world.drive, "/")
    headroom = world.onedrive.headroom
    assert headroom is not None
    assert (headroom.limit, headroom.remaining) == (10, 1)
    assert 0 < headroom.reset <= 60
    assert not headroom.is_short
    await world.onedrive.item_at(world.drive, "/")
    assert world.onedrive.headroom is not None
    assert world.onedrive.headroom.is_short


async def test_F15_a_server_that_cannot_be_reached_is_unavailable() -> None:
    async with client("https://127.0.0.1:9") as onedrive:
        with pytest.raises(Unavailable):
            await onedrive.item_at(DriveId("b!x"), "/")


async def test_F15_a_certificate_that_is_none_is_unavailable(world: World) -> None:
    """The simulator speaks no TLS at all."""
    async with client(world.simulator.base_url.replace("http://", "https://")) as onedrive:
        with pytest.raises(Unavailable):
            await onedrive.item_at(world.drive, "/")


async def test_F15_a_proxy_that_wants_to_be_paid_is_refused_clearly(world: World) -> None:
    world.simulator.serving.faults.append(Fault("v1.0", status=407, body="<html>Proxy Authentication Required"))
    with pytest.raises(BridgeError, match="407"):
        await world.onedrive.item_at(world.drive, "/")


def test_F16_one_client_serves_one_event_loop_after_the_other(tmp_path: Path) -> None:
    """A simulator in a thread of its own; the client is used in three loops, one after the other."""
    ready, done = threading.Event(), threading.Event()
    found: list[tuple[str, DriveId]] = []

    async def serve() -> None:
        async with OneDriveSimulator(tmp_path).running() as simulator:
            found.append((simulator.base_url, DriveId(simulator.add_drive("Documents"))))
            ready.set()
            await asyncio.to_thread(done.wait)

    server = threading.Thread(target=asyncio.run, args=(serve(),))
    server.start()
    ready.wait()
    (base_url, drive) = found[0]
    onedrive = OneDrive(settings_for(base_url), SystemClock())

    async def ask() -> None:
        assert await onedrive.item_at(drive, "/")
        await onedrive.close()

    try:
        for _ in range(3):
            asyncio.run(ask())
    finally:
        done.set()
        server.join()


def test_F17_an_error_body_is_read_without_any_client() -> None:
    body = {"error": {"code": "resyncRequired", "message": "again"}}
    with pytest.raises(CursorExpired) as expired:
        json_of(Answer(410, {"location": "https://graph.microsoft.com/x"}, json.dumps(body).encode()), "read")
    assert expired.value.location == "https://graph.microsoft.com/x"
    with pytest.raises(Throttled) as throttled:
        json_of(Answer(429, {"retry-after": "7"}, b'{"error":{"code":"activityLimitReached"}}'), "read")
    assert throttled.value.retry_after == 7


@pytest.mark.parametrize("text", ["2026-03-29T03:30:00+02:00", "2026-03-29T01:30:00Z", "2026-03-29T01:30:00"])
def test_F12_every_moment_is_utc_across_a_change_of_clocks(text: str) -> None:
    assert moment_of(text) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


async def test_C14_a_listing_that_goes_round_in_circles_ends(world: World) -> None:
    link = f"{world.simulator.base_url}/v1.0/subscriptions?$skiptoken=1"
    page = json.dumps({"value": [], "@odata.nextLink": link})
    world.simulator.serving.faults.append(Fault("subscriptions", times=99, status=200, body=page))
    with pytest.raises(Unavailable, match="never ends"):
        await world.onedrive.subscriptions.list()


async def test_C14_a_delta_link_that_repeats_is_visible_to_who_follows_it(world: World) -> None:
    world.put("/a.txt", b"a")
    world.simulator.quirks.delta_repeats_next_link = True
    first = await world.onedrive.delta(world.onedrive.delta_start(world.drive))
    second = await world.onedrive.delta(first.next_link or "")
    assert second.next_link == first.next_link


async def test_C26_an_item_that_left_our_view_is_deleted_or_missing_never_empty(world: World) -> None:
    item = world.put("/a.txt", b"a")
    link = (await world.onedrive.delta_latest(world.drive)).delta_link or ""
    world.simulator.hide(world.drive, item)
    page = await world.onedrive.delta(link)
    assert item not in {one.id for one in page.items if not one.deleted}
    with pytest.raises(Missing):
        await world.onedrive.item(world.drive, item)


async def test_C26_what_left_our_view_is_told_apart_from_what_somebody_deleted(world: World) -> None:
    hidden, deleted = world.put("/a.txt", b"a"), world.put("/b.txt", b"b")
    link = (await world.onedrive.delta_latest(world.drive)).delta_link or ""
    world.simulator.hide(world.drive, hidden)
    world.simulator.delete(world.drive, deleted)
    page = await world.onedrive.delta(link)
    assert page.unseen == (hidden,)
    assert [one.id for one in page.items if one.deleted] == [deleted]


async def test_C30_a_new_library_is_found_and_a_deleted_one_is_missing(world: World) -> None:
    site = next(iter(world.simulator.tenant.sites))
    new = world.simulator.add_drive("Press", site=site)
    assert await world.onedrive.drive_of("acme.sharepoint.com:/sites/marketing", "Press") == new
    world.simulator.remove_drive(new)
    with pytest.raises(BridgeError, match="404"):
        await world.onedrive.delta(world.onedrive.delta_start(DriveId(new)))
