"""Bytes on their way out of CELUM, with everything that URLs, ranges, formats and jobs can do."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from PIL import Image

from local.celum_simulator import CelumSimulator, seeds
from local.serving import Exchange, Fault
from shared.celum import Celum, CelumSettings, JobItem, Source
from shared.clock import SystemClock
from shared.domain.assets import Asset
from shared.domain.ids import AssetId
from shared.errors import ContentMismatch, Forbidden, Missing, NameProblem, Refused, SourceChanged, Unavailable
from tests.contract.celum.acts import created

CONTENT = bytes(range(256)) * 2000
BYTES = "GET /download/"


@pytest.fixture
async def celum(sim: CelumSimulator) -> AsyncIterator[Celum]:
    opened = Celum(CelumSettings(sim.api_url, seeds.ACME_KEY), SystemClock(time_scale=1000))
    yield opened
    await opened.close()


async def original(celum: Celum, asset: Asset, *, same_bytes: bool = True) -> Source:
    wanted = await celum.renditions.original()
    version = asset.current_version
    return celum.renditions.source(asset.id, wanted.id, version.id, same_bytes=same_bytes, size=version.size)


async def read(source: Source, start: int = 0) -> bytes:
    return b"".join([chunk async for chunk in source.stream(start)])


async def rest(chunks: AsyncIterator[bytes]) -> None:
    async for _ in chunks:
        pass


def ranges(exchanges: list[Exchange]) -> list[str | None]:
    return [e.request_headers.get("range") for e in exchanges if e.path_and_query.startswith("/download/")]


async def test_an_original_is_read_with_its_name_and_length(celum: Celum) -> None:
    source = await original(celum, await created(celum, CONTENT))
    assert await read(source) == CONTENT
    assert (source.filename, source.total) == ("hero.txt", len(CONTENT))


async def test_G60_a_cut_download_goes_on_at_its_byte(
    celum: Celum, sim: CelumSimulator, exchanges: list[Exchange]
) -> None:
    source = await original(celum, await created(celum, CONTENT))
    sim.faults.append(Fault(BYTES, kind="cut", cut_after=300_000))
    assert await read(source) == CONTENT
    assert [one for one in ranges(exchanges) if one], "it was continued, not begun again"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_G60_an_expired_url_is_asked_for_anew(celum: Celum, sim: CelumSimulator, status: int) -> None:
    source = await original(celum, await created(celum, CONTENT))
    sim.faults.append(Fault(BYTES, status=status, times=2))  # also with the key
    assert await read(source) == CONTENT


async def test_G60_an_expired_url_does_not_make_us_show_the_key_to_storage_that_forbids_it(
    celum: Celum, sim: CelumSimulator
) -> None:
    sim.quirks.download_auth = "forbidden"
    source = await original(celum, await created(celum, CONTENT))
    sim.faults.append(Fault(BYTES, status=403))
    assert await read(source) == CONTENT


async def test_G60_a_url_that_expires_in_mid_download_is_replaced(celum: Celum, sim: CelumSimulator) -> None:
    source = await original(celum, await created(celum, CONTENT))
    sim.faults.append(Fault(BYTES, kind="cut", cut_after=300_000))
    got = bytearray()
    async with aclosing(source.stream()) as chunks:
        async for chunk in chunks:
            got += chunk
            sim.clock.advance(sim.quirks.download_ttl + 1)
    assert bytes(got) == CONTENT


async def test_G61_a_server_without_ranges_is_read_over_and_nothing_is_doubled(
    celum: Celum, sim: CelumSimulator
) -> None:
    sim.quirks.range = False
    source = await original(celum, await created(celum, CONTENT))
    sim.faults.append(Fault(BYTES, kind="cut", cut_after=300_000))
    assert await read(source) == CONTENT
    assert await read(source, start=1000) == CONTENT[1000:]


@pytest.mark.parametrize("fault", ["wrong_start", "wrong_total", "refused"])
async def test_G62_a_part_that_was_not_asked_for_is_never_taken(celum: Celum, sim: CelumSimulator, fault: str) -> None:
    source = await original(celum, await created(celum, CONTENT))
    sim.quirks.change({"range_fault": fault})
    sim.faults.append(Fault(BYTES, kind="cut", cut_after=300_000))
    with pytest.raises((ContentMismatch, Unavailable)):
        await read(source)


async def test_a_download_that_is_complete_asks_for_nothing_more(celum: Celum, exchanges: list[Exchange]) -> None:
    source = await original(celum, await created(celum, CONTENT))
    exchanges.clear()
    assert await read(source, start=len(CONTENT)) == b""
    assert exchanges == []


@pytest.mark.parametrize("body", ["short", "html", "json"])
async def test_G63_other_bytes_than_announced_are_never_whole(celum: Celum, sim: CelumSimulator, body: str) -> None:
    source = await original(celum, await created(celum, CONTENT))
    sim.quirks.change({"download_body": body})
    with pytest.raises((ContentMismatch, Unavailable)):
        await read(source)


async def test_G63_a_bad_answer_is_tried_again_before_it_counts(celum: Celum, sim: CelumSimulator) -> None:
    source = await original(celum, await created(celum, CONTENT))
    sim.faults.append(Fault(BYTES, status=200, headers={"Content-Type": "text/html"}, body="<html>wait</html>"))
    assert await read(source) == CONTENT


async def test_a_rendition_that_breaks_must_be_begun_again(celum: Celum, sim: CelumSimulator) -> None:
    source = await original(celum, await created(celum, CONTENT), same_bytes=False)
    sim.faults.append(Fault(BYTES, kind="cut", cut_after=300_000))
    with pytest.raises(SourceChanged):
        await read(source)
    assert await read(source) == CONTENT


async def test_an_original_read_back_without_a_version_that_breaks_is_unavailable(
    celum: Celum, sim: CelumSimulator
) -> None:
    made = await created(celum, CONTENT)
    sim.faults.append(Fault(BYTES, kind="cut", cut_after=300_000, times=2))
    with pytest.raises(Unavailable):
        await rest(celum.download(made.id))
    assert b"".join([chunk async for chunk in celum.download(made.id, made.current_version.id)]) == CONTENT


async def test_G64_a_named_version_stays_what_it_was_while_a_newer_one_comes(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum, CONTENT)
    source = await original(celum, made)
    sim.faults.append(Fault(BYTES, kind="cut", cut_after=300_000))
    got = bytearray()
    async with aclosing(source.stream()) as chunks:
        async for chunk in chunks:
            if not got:
                sim.add_version(made.id, "hero.txt", b"other bytes")
            got += chunk
    assert bytes(got) == CONTENT
    there = await celum.asset(made.id)
    assert there is not None
    assert there.current_version.id != made.current_version.id, "a fresh read shows that it is no longer current"


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_G65_an_asset_deleted_during_its_download_is_missing(
    celum: Celum, sim: CelumSimulator, status: int
) -> None:
    sim.quirks.change({"missing_id_status": status})
    made = await created(celum, CONTENT)
    source = await original(celum, made)
    sim.faults.append(Fault(BYTES, kind="cut", cut_after=300_000))
    sim.faults.append(Fault(BYTES, status=410, times=2))  # also with the key
    chunks = source.stream()
    await anext(chunks)
    sim.delete_asset(made.id)
    with pytest.raises(Missing):
        await rest(chunks)


async def test_G66_a_format_that_was_removed_is_named_with_those_that_are_there(
    celum: Celum, sim: CelumSimulator
) -> None:
    assert (await celum.renditions.format("prvw")).id == 3
    sim.remove_format("prvw")
    celum.directory.forget()
    with pytest.raises(NameProblem, match=r'no download format "prvw"; candidates: .*largeprvw'):
        await celum.renditions.format("prvw")


async def test_G66_an_asset_tells_the_formats_in_which_it_is_to_be_had(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum, CONTENT)
    sim.quirks.unsupported_formats = ("TEXT:thmb",)
    offered = await celum.renditions.offered(made.id)
    assert offered is not None
    assert [one.key for one in offered] == ["original", "prvw", "largeprvw"]
    thumb = await celum.renditions.format("thmb")
    with pytest.raises(Refused, match="not to be had"):
        await read(celum.renditions.source(made.id, thumb.id))


async def test_G67_a_format_that_asks_a_person_first_says_so(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum, CONTENT)
    sim.quirks.interceptor_required = True
    wanted = await celum.renditions.original()
    assert wanted.prompts
    with pytest.raises(Forbidden, match="usage"):
        await read(celum.renditions.source(made.id, wanted.id))


async def test_a_rendition_is_made_by_a_job(celum: Celum, sim: CelumSimulator) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (600, 300), "red").save(picture, "PNG")
    asset = AssetId(sim.add_asset("red.png", picture.getvalue(), parents=["/Marketing/Office"]))
    sim.quirks.job_delay = 0
    job = await celum.renditions.start(JobItem(asset, (await celum.renditions.format("thmb")).id))
    done = await celum.renditions.watch(job.id, patience=5)
    assert done is not None
    assert (done.finished, done.failed) == (True, False)
    source = celum.renditions.source_of_job(job.id)
    with Image.open(io.BytesIO(await read(source))) as image:
        assert image.size == (250, 125)
    assert source.filename == "red_thmb.jpg"


@pytest.mark.parametrize("outcome", ["FAILED", "no_download"])
async def test_G68_a_job_without_anything_to_hand_out_has_no_link(
    celum: Celum, sim: CelumSimulator, outcome: str
) -> None:
    made = await created(celum, CONTENT)
    sim.quirks.change({"job_delay": 0, "job_outcome": outcome})
    job = await celum.renditions.start(JobItem(made.id, 1))
    done = await celum.renditions.watch(job.id, patience=5)
    assert done is not None
    assert (done.finished, done.link) == (True, None)
    with pytest.raises(Missing):
        await read(celum.renditions.source_of_job(job.id))


async def test_G68_the_items_that_failed_are_told(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum, CONTENT)
    sim.quirks.change({"job_delay": 0, "failing_formats": ["thmb"]})
    item = JobItem(made.id, (await celum.renditions.format("thmb")).id)
    done = await celum.renditions.watch((await celum.renditions.start(item)).id, patience=5)
    assert done is not None
    assert done.failed_items == (item,)


async def test_G69_a_job_that_never_ends_is_left_for_another_time(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum, CONTENT)
    sim.quirks.job_outcome = "never"
    job = await celum.renditions.start(JobItem(made.id, 1))
    still = await celum.renditions.watch(job.id, patience=5)
    assert still is not None
    assert not still.finished
    assert sim.requests["GET /jobs/{jobId}"] == 4, "after 0, 1, 3 and 5 seconds"


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_G70_a_job_that_celum_forgot_is_none(celum: Celum, sim: CelumSimulator, status: int) -> None:
    made = await created(celum, CONTENT)
    sim.quirks.change({"missing_id_status": status, "job_delay": 0})
    job = await celum.renditions.start(JobItem(made.id, 1))
    sim.clock.advance(sim.quirks.job_forget + 1)
    assert await celum.renditions.watch(job.id, patience=5) is None


async def test_G71_two_assets_of_one_file_name_are_two_jobs(celum: Celum, sim: CelumSimulator) -> None:
    sim.quirks.job_delay = 0
    assets = [await created(celum, content, name=f"Hero {content!r}") for content in (b"one", b"two")]
    jobs = [await celum.renditions.start(JobItem(asset.id, 1)) for asset in assets]
    assert [await read(celum.renditions.source_of_job(job.id)) for job in jobs] == [b"one", b"two"]


@pytest.mark.parametrize("result", ["SUCCEEDED", "FAILED"])
async def test_G72_a_preview_is_pending_before_it_is_there_or_failed(
    celum: Celum, sim: CelumSimulator, result: str
) -> None:
    sim.quirks.change({"preview_result": result, "preview_delay": 3600})
    made = await created(celum, CONTENT)
    assert made.current_version.preview == "PROCESSING"
    assert await read(await original(celum, made)) == CONTENT, "the original is to be had meanwhile"
    sim.clock.advance(3601)
    there = await celum.asset(made.id)
    assert there is not None
    assert there.current_version.preview == result


async def test_G73_the_name_that_comes_with_the_bytes_is_told_beside_the_versions(celum: Celum) -> None:
    made = await created(celum, b"x")
    source = celum.renditions.source(made.id, (await celum.renditions.format("thmb")).id)
    await read(source)
    assert (made.current_version.filename, source.filename) == ("hero.txt", "hero_thmb.jpg")


@pytest.mark.parametrize("status", [403, 400])
async def test_G74_an_original_that_may_not_be_had_is_refused_at_once(
    celum: Celum, sim: CelumSimulator, status: int
) -> None:
    made = await created(celum, CONTENT)
    sim.quirks.permission_status = status
    sim.change_user(seeds.SERVICE, forbidden_extensions=frozenset({"txt"}))
    with pytest.raises((Forbidden, Refused), match="original may not be downloaded"):
        await read(await original(celum, made))
    assert sim.requests["GET /assets/{assetId}/download"] == 1
