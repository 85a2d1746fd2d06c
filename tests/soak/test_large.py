"""The soak of large files in small: 64 MiB with a cut every 8, all in one process."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.celum_simulator import CelumSimulator, seeds
from local.onedrive_simulator import OneDriveSimulator
from local.onedrive_simulator.estate.quickxor import quick_xor
from local.serving import Fault, Serving
from shared.celum import Celum, CelumSettings
from shared.clock import SystemClock
from shared.documents.hashing import Hashes
from shared.domain.ids import AssetId, DriveId
from shared.domain.links import LinkState
from shared.onedrive import OneDrive
from shared.onedrive.upload_session import FRAGMENT_BYTES
from shared.onedrive.uploading import Session
from tests.contract.onedrive.conftest import settings_for
from tests.kit.campaign import campaign_in
from tests.soak.blocks import blocks
from tests.soak.findings import Move, moves_of, wrongly_resumed
from tests.soak.mover import HASHES, Outward

MIB = 1 << 20
SIZE, CUT = 64 * MIB, 8 * MIB
READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


@pytest.fixture(scope="module")
def film() -> bytes:
    return b"".join(blocks(SIZE))


def moves(serving: Serving, line: str) -> list[Move]:
    return moves_of({"moves": [dataclasses.asdict(move) for move in serving.moves]}, line)


async def test_H76_a_large_file_reaches_CELUM_through_cuts_an_expired_url_and_an_upload_that_begins_anew(
    film: bytes, tmp_path: Path
) -> None:
    async with campaign_in(None, tmp_path, "large") as campaign:
        world = campaign.world
        world.onedrive.serving.faults += [
            Fault("GET /_content", kind="cut", cut_after=CUT, times=2),
            Fault("GET /_content", status=401),
            Fault("GET /_content", kind="cut", cut_after=CUT, times=100),
        ]
        world.celum.faults.append(Fault("POST /upload/", kind="cut", cut_after=SIZE * 6 // 10))
        item = campaign.drop("Film.mp4", film, **READY)
        await world.until_quiet()

        link = await campaign.link(item)
        assert (link.state, world.errors) == (LinkState.SETTLED, [])
        assert link.settled is not None
        assert (link.settled.content.quick_xor, link.settled.verified) == (quick_xor(film), "checksum")
        assert world.celum.content(campaign.asset_id("Film")) == film
        reads, writes = moves(world.onedrive.serving, "GET _content"), moves(world.celum.serving, "POST upload")
        assert [write.size == SIZE for write in writes] == [False, True]
        assert wrongly_resumed([read for read in reads if read.size > MIB], restarts=1) == ""


@dataclass(slots=True)
class Place:
    """Both systems, a film in CELUM, and nothing in OneDrive."""

    celum: CelumSimulator
    onedrive: OneDriveSimulator
    drive: DriveId
    film: AssetId
    from_celum: Celum
    to_onedrive: OneDrive

    def cut_both_sides(self) -> None:
        self.celum.faults.append(Fault("GET /download/", kind="cut", cut_after=CUT, times=100))
        self.onedrive.serving.faults += [
            Fault("PUT /_upload", kind="cut", cut_after=FRAGMENT_BYTES // 2, skip=skip) for skip in (1, 2, 3)
        ]

    def outward(self) -> Outward:
        return Outward(self.from_celum, self.to_onedrive)

    def read(self) -> bytes:
        return self.onedrive.read_file(self.drive, "/film.mp4")


@asynccontextmanager
async def both(folder: Path, film: bytes) -> AsyncIterator[Place]:
    celum, onedrive = CelumSimulator(folder / "celum"), OneDriveSimulator(folder / "onedrive")
    seeds.plant(celum, "acme")
    async with celum.running(), onedrive.running():
        drive = DriveId(onedrive.add_drive("Documents", site=onedrive.add_site("marketing")))
        asset = AssetId(celum.add_asset("film.mp4", film, parents=["/Marketing/Office"]))
        clock = SystemClock(time_scale=1000)
        from_celum = Celum(CelumSettings(celum.api_url, seeds.ACME_KEY), clock)
        to_onedrive = OneDrive(settings_for(onedrive.base_url), clock)
        yield Place(celum, onedrive, drive, asset, from_celum, to_onedrive)
        await from_celum.close()
        await to_onedrive.close()


@pytest.fixture
async def place(tmp_path: Path, film: bytes) -> AsyncIterator[Place]:
    async with both(tmp_path, film) as place:
        yield place


@pytest.fixture
def uncollected() -> Iterator[None]:
    """What only the garbage collector would find stays."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def test_H76_a_large_original_reaches_OneDrive_through_cuts_on_both_sides_and_an_expired_url(
    place: Place, film: bytes
) -> None:
    class Expiring(Outward):
        async def remember(self, session: Session) -> None:
            await super().remember(session)
            if session.offset == 2 * FRAGMENT_BYTES:
                place.celum.clock.advance(place.celum.quirks.download_ttl + 1)

    place.cut_both_sides()
    outward = Expiring(place.from_celum, place.to_onedrive)
    sent = await outward.carry(place.film, place.drive, "film.mp4")
    assert place.read() == film
    assert sent["stored"] == sent["quick_xor"] == quick_xor(film)
    assert (sent["opened"], sent["sessions"]) == ([0], 1)
    assert place.celum.requests["GET /assets/{assetId}/download"] == 2, "one URL more, when the first had expired"
    assert wrongly_resumed(moves(place.celum.serving, "GET download")) == ""
    written = sum(move.size for move in moves(place.onedrive.serving, "PUT _upload"))
    assert written <= SIZE + 3 * FRAGMENT_BYTES


async def test_E15_a_killed_upload_of_an_original_is_gone_on_with_by_the_next_process(
    place: Place, film: bytes
) -> None:
    class Killed(Exception):
        """Nothing in the product catches it."""

    left: list[Session] = []

    class Dying(Outward):
        async def remember(self, session: Session) -> None:
            left.append(session)
            if session.offset >= SIZE // 2:
                raise Killed

    place.cut_both_sides()
    with pytest.raises(Killed):
        await Dying(place.from_celum, place.to_onedrive).carry(place.film, place.drive, "film.mp4")
    assert place.onedrive.drive(place.drive).find("/film.mp4") is None, "nothing half-visible"
    digest = Hashes(HASHES)
    await digest.update(film[: left[-1].offset])
    outward = place.outward()
    sent = await outward.carry(place.film, place.drive, "film.mp4", session=left[-1], digest=digest)
    assert place.read() == film
    assert sent["stored"] == sent["quick_xor"] == quick_xor(film)
    assert outward.opened == [left[-1].offset]


@pytest.mark.usefixtures("uncollected")
async def test_D30_what_was_sent_is_let_go_also_where_cuts_leave_reference_cycles(place: Place) -> None:
    before = {id(one) for one in gc.get_objects()}  # other tests' own
    place.cut_both_sides()
    await place.outward().carry(place.film, place.drive, "film.mp4")
    lists = [one for one in gc.get_objects() if isinstance(one, list) and id(one) not in before]
    kept = [sum(len(chunk) for chunk in one if isinstance(chunk, bytes)) for one in lists]
    assert sum(size for size in kept if size > MIB) == 0
