from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator

import pytest

from local.celum_simulator import CelumSimulator, seeds
from local.serving import Exchange, Fault
from shared.celum import Celum, CelumSettings, CreateAsset
from shared.clock import SystemClock
from shared.errors import (
    ContentMismatch,
    Forbidden,
    HostNotAllowed,
    NotAuthorised,
    Refused,
    RemoteError,
    SourceChanged,
    Unavailable,
)
from tests.contract.celum.acts import chunks, created, uploaded

UPLOADS = "POST /upload/"


async def test_G26_bytes_go_out_in_one_post_with_their_exact_length(celum: Celum, exchanges: list[Exchange]) -> None:
    await uploaded(celum, b"x" * 300_000)

    (sent,) = [e for e in exchanges if e.path_and_query.startswith("/upload/")]
    assert sent.method == "POST"
    assert sent.request_headers["content-type"] == "application/octet-stream"
    assert sent.request_headers["content-length"] == "300000"
    assert "transfer-encoding" not in sent.request_headers


async def test_G1_the_key_goes_out_verbatim(celum: Celum, exchanges: list[Exchange]) -> None:
    await celum.probe()

    assert {e.request_headers["x-api-key"] for e in exchanges} == {seeds.ACME_KEY}
    assert all("authorization" not in e.request_headers for e in exchanges)


@pytest.mark.parametrize("share", [0, 1, 150_000, 299_999])
async def test_G20_a_cut_upload_is_unavailable_and_leaves_no_asset(
    celum: Celum, sim: CelumSimulator, share: int
) -> None:
    sim.faults.append(Fault(UPLOADS, kind="cut", cut_after=share))

    with pytest.raises(Unavailable):
        await uploaded(celum, b"x" * 300_000)

    assert sim.assets() == []
    await created(celum, b"x" * 300_000)


async def test_G21_an_upload_whose_answer_is_lost_is_unavailable(celum: Celum, sim: CelumSimulator) -> None:
    sim.faults.append(Fault(UPLOADS, kind="lost"))

    with pytest.raises(Unavailable):
        await uploaded(celum, b"a hero")


@pytest.mark.parametrize(("auth", "tries"), [("required", 1), ("ignored", 1), ("forbidden", 2)])
async def test_G25_the_tenants_own_origin_may_want_ignore_or_forbid_the_key(
    celum: Celum, sim: CelumSimulator, auth: str, tries: int
) -> None:
    sim.quirks.change({"upload_auth": auth})
    for attempt in range(1, tries + 1):
        try:
            await uploaded(celum, b"a hero")
        except Unavailable:
            assert attempt < tries
    made = await created(celum, b"once more, and this time at the first attempt")
    assert made.current_version.size == 45


async def test_G25_an_upload_refused_both_ways_says_so(celum: Celum, sim: CelumSimulator) -> None:
    sim.faults.append(Fault(UPLOADS, times=2, status=403))

    with pytest.raises(Unavailable, match="the next upload goes without the key"):
        await uploaded(celum, b"a hero")
    with pytest.raises(Forbidden, match="with the key and without"):
        await uploaded(celum, b"a hero")


async def test_a_401_after_uploads_that_worked_is_about_the_key(celum: Celum, sim: CelumSimulator) -> None:
    await uploaded(celum, b"a hero")
    sim.faults.append(Fault(UPLOADS, status=401))

    with pytest.raises(NotAuthorised):
        await uploaded(celum, b"a hero")


async def test_G15_another_host_is_refused_unless_it_is_named_and_never_shown_the_key(
    sim: CelumSimulator, celum: Celum, exchanges: list[Exchange]
) -> None:
    sim.quirks.change({"upload_host": "other", "upload_auth": "ignored"})
    with pytest.raises(HostNotAllowed, match="CELUM_UPLOAD_HOSTS"):
        await uploaded(celum, b"a hero")

    upload = await celum.begin_upload("hero.txt", 6)
    host = upload.url.split("/")[2].split(":")[0]
    named = Celum(CelumSettings(sim.api_url, seeds.ACME_KEY, upload_hosts=(host,)), SystemClock())
    exchanges.clear()
    try:
        await uploaded(named, b"a hero")
    finally:
        await named.close()

    (sent,) = [e for e in exchanges if e.path_and_query.startswith("/upload/")]
    assert seeds.ACME_KEY not in str(sent.request_headers)


async def test_G28_an_empty_file_becomes_an_asset_and_no_placeholder(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum, b"")

    assert sim.asset(made.id).version.blob is not None
    assert made.current_version.size == 0
    with pytest.raises(ValueError, match="placeholder"):
        await celum.create(CreateAsset("Hero", made.parents[0], ""))


async def test_G27_a_file_beyond_the_servers_limit_is_refused_with_its_size_and_the_limit(
    celum: Celum, sim: CelumSimulator
) -> None:
    sim.quirks.max_upload = 1000

    with pytest.raises(Refused, match=r"send 300000 bytes: too large for CELUM.*at most 1000 bytes"):
        await uploaded(celum, b"x" * 300_000)


@pytest.mark.parametrize("status", [400, 403, 409, 413, 415, 422, 423])
@pytest.mark.parametrize("body", ["<html><h1>At most 1 MB</h1></html>", '{"code": "x", "message": "At most 1 MB"}'])
async def test_G27_a_refusal_of_the_bytes_is_one_whoever_words_it(
    celum: Celum, sim: CelumSimulator, status: int, body: str
) -> None:
    """A proxy's page in place of an answer leaves no outcome open here: nothing of the bytes was taken."""
    await uploaded(celum, b"once, so that the way of the key is known")
    sim.faults.append(Fault(UPLOADS, status=status, body=body))

    with pytest.raises((Refused, Forbidden), match=r"send 300000 bytes: .*At most 1 MB"):
        await uploaded(celum, b"x" * 300_000)


@pytest.mark.parametrize(
    ("message", "is_spent"),
    [
        ("the upload handle has expired", True),
        ("HANDLE_EXPIRED", True),
        ("uploadHandle is not known", True),
        ("this file type cannot be handled", False),
        ("we cannot handle this file type", False),
        ("unhandledException", False),
        ("Handlebars templates are not allowed", False),
    ],
)
async def test_G23_only_a_refusal_that_blames_the_handle_asks_for_another(
    celum: Celum, sim: CelumSimulator, message: str, is_spent: bool
) -> None:
    await uploaded(celum, b"once, so that the way of the key is known")
    sim.faults.append(Fault(UPLOADS, status=400, body=json.dumps({"code": "x", "message": message})))

    with pytest.raises(Unavailable if is_spent else Refused):
        await uploaded(celum, b"a hero")


async def test_what_the_source_raises_comes_out_unchanged(celum: Celum) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        raise SourceChanged("the file changed while it was read")

    upload = await celum.begin_upload("hero.txt", 2000)
    with pytest.raises(SourceChanged):
        await celum.send(upload, 2000, broken())


@pytest.mark.parametrize("announced", [0, 5, 7])
async def test_another_number_of_bytes_than_announced_is_a_mismatch(celum: Celum, announced: int) -> None:
    upload = await celum.begin_upload("hero.txt", announced)

    with pytest.raises(ContentMismatch):
        await celum.send(upload, announced, chunks(b"a hero"))


async def test_the_original_is_downloaded_for_verification(celum: Celum, sim: CelumSimulator) -> None:
    content = b"x" * 700_000
    made = await created(celum, content)
    await celum.add_version(made.id, "hero.txt", await uploaded(celum, b"a better hero"))

    for auth in ("ignored", "required"):
        sim.quirks.change({"download_auth": auth})
        digest = hashlib.sha256()
        async for chunk in celum.download(made.id, made.current_version.id):
            digest.update(chunk)
        assert digest.digest() == hashlib.sha256(content).digest()
    assert b"".join([chunk async for chunk in celum.download(made.id)]) == b"a better hero"


@pytest.mark.parametrize("body", ["html", "json"])
async def test_G63_an_error_text_in_place_of_the_file_is_no_file(celum: Celum, sim: CelumSimulator, body: str) -> None:
    made = await created(celum)
    sim.quirks.change({"download_body": body})

    with pytest.raises(Unavailable):
        _ = [chunk async for chunk in celum.download(made.id)]


@pytest.mark.parametrize("fault", [Fault(UPLOADS, kind="cut", cut_after=1000), Fault(UPLOADS, status=413), None])
async def test_the_source_is_closed_however_the_upload_ends(
    celum: Celum, sim: CelumSimulator, fault: Fault | None
) -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        try:
            for _ in range(100):
                yield b"x" * 100_000
        finally:
            closed.set()

    if fault is not None:
        sim.faults.append(fault)
    upload = await celum.begin_upload("hero.txt", 10_000_000)
    with contextlib.suppress(RemoteError):
        await celum.send(upload, 10_000_000, source())

    assert closed.is_set()
