"""What holds for any document, any damage and any way to read it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.documents import Hashes, QuickXor, content_signature, embedded_properties, office_properties
from shared.documents.compound import MAGIC as COMPOUND
from shared.documents.embedded import properties_in
from shared.documents.window import MOST_BYTES, Window
from shared.errors import ContentProblem
from tests.unit.documents.packages import Bytes, make_zip, unzip
from tests.unit.documents.pictures import dataset, jpeg_with, packet, pdf, png, tiff, titled, xmp_chunk

SAMPLES = Path(__file__).parents[2] / "samples"
OFFICE = [path for path in sorted(SAMPLES.glob("libreoffice*.*")) if path.suffix[1:-1] in {"doc", "xls", "ppt"}]
EMBEDDED = [path for path in sorted(SAMPLES.iterdir()) if path.suffix in {".jpg", ".png", ".tif", ".pdf"}]
MOST_PACKAGE_BYTES = 3 * 1024 * 1024  # a directory, its tail and some relationships of these small samples
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WITH_TABLES = {
    "pdf": pdf(3, titled("Spring"), Title="t", Keywords="a, b"),
    "jpeg": jpeg_with(packet("<dc:title>x</dc:title>", "photoshop:City='Wien'"), dataset(25, b"a") * 3),
    "png": png(xmp_chunk(titled("x"), packed=True), after=xmp_chunk(titled("y"))),
    "tiff": tiff({270: (2, b"a shoe"), 700: (1, titled("x")), 33723: (1, dataset(5, b"t"))}, order=">", big=True),
}
FILES = {path.name: path.read_bytes() for path in EMBEDDED} | WITH_TABLES
PACKAGES = {path.name: path.read_bytes() for path in OFFICE}


def changed(data: bytes, changes: list[tuple[int, bytes, int]]) -> bytes:
    """Some bytes overwritten, put in or taken out."""
    for place, piece, taken in changes:
        at = place % (len(data) + 1)
        data = data[:at] + piece + data[at + taken :]
    return data


INTERESTING = [b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff", b"obj", b"/Prev 9", b"99999999", b"PK\x01\x02"]
PIECES = st.binary(max_size=8) | st.sampled_from(INTERESTING)
CHANGES = st.lists(st.tuples(st.integers(0, 100_000), PIECES, st.integers(0, 8)), min_size=1, max_size=6)


@FEW
@given(name=st.sampled_from(sorted(FILES)), changes=CHANGES)
def test_a_damaged_picture_or_pdf_gives_properties_or_a_content_problem(
    name: str, changes: list[tuple[int, bytes, int]]
) -> None:
    reader = Bytes(changed(FILES[name], changes))
    with contextlib.suppress(ContentProblem):
        found = asyncio.run(embedded_properties(reader))
        assert all(value for value in found.values())
    assert sum(length for _, length in reader.reads) <= MOST_BYTES


@FEW
@given(name=st.sampled_from(sorted(PACKAGES)), changes=CHANGES)
def test_a_damaged_office_file_gives_an_answer_or_a_content_problem(
    name: str, changes: list[tuple[int, bytes, int]]
) -> None:
    data = changed(PACKAGES[name], changes)
    for ask in (content_signature, office_properties):
        reader = Bytes(data)
        with contextlib.suppress(ContentProblem):
            asyncio.run(ask(reader))
        assert sum(length for _, length in reader.reads) <= MOST_PACKAGE_BYTES


HEADS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00+", b"%PDF-1.7", b"PK\x03\x04", COMPOUND]
TAILS = [b"", b"PK\x05\x06" + bytes(18), b"\nstartxref\n9\n%%EOF\n"]


@FEW
@given(head=st.sampled_from(HEADS), body=st.binary(max_size=2_000), tail=st.sampled_from(TAILS))
def test_bytes_by_chance_never_make_a_reader_stumble(head: bytes, body: bytes, tail: bytes) -> None:
    for ask in (embedded_properties, content_signature, office_properties):
        with contextlib.suppress(ContentProblem):
            asyncio.run(ask(Bytes(head + body + tail)))


@FEW
@given(name=st.sampled_from(sorted(FILES)), block=st.integers(500, 40_000))
def test_any_split_of_a_file_into_ranges_gives_the_same_properties(name: str, block: int) -> None:
    if name == "libreoffice-password.pdf":
        return
    data = FILES[name]
    assert asyncio.run(properties_in(Window(Bytes(data), block=block))) == asyncio.run(embedded_properties(Bytes(data)))


@FEW
@given(data=st.binary(max_size=3_000), repeat=st.integers(1, 60), cuts=st.lists(st.integers(1, 5_000), max_size=30))
def test_any_split_of_a_stream_gives_the_same_hashes(data: bytes, repeat: int, cuts: list[int]) -> None:
    stream = data * repeat
    whole, pieces = QuickXor(), QuickXor()
    whole.update(stream)
    hashes = Hashes(["quickXor", "sha256"])

    async def hashed() -> dict[str, str]:
        at = 0
        for cut in (*cuts, len(stream)):
            await hashes.update(stream[at : at + cut])
            at += cut
        return await hashes.digests()

    at = 0
    for cut in (*cuts, len(stream)):
        pieces = QuickXor.from_state(pieces.state())
        pieces.update(stream[at : at + cut])
        at += cut
    assert pieces.digest() == whole.digest() == asyncio.run(hashed())["quickXor"] == by_the_book(stream)


def by_the_book(data: bytes) -> str:
    """quickXorHash as its description has it, bit by bit."""
    number = 0
    for place, byte in enumerate(data):
        shift = place * 11 % 160
        number ^= (byte << shift | byte << shift >> 160) & ((1 << 160) - 1)
    number ^= len(data) << 96
    return base64.b64encode(number.to_bytes(20, "little")).decode()


WRITTEN = st.dictionaries(
    st.from_regex(r"(docProps|customXml|DOCPROPS)/[a-z]{1,8}(/[a-z]{1,5})?\.xml", fullmatch=True),
    st.binary(max_size=50),
    max_size=6,
)
ORDERS = st.randoms(use_true_random=False)
PLAIN = sorted(name for name in PACKAGES if "password" not in name)


def ask_signature(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> str:
    found = asyncio.run(content_signature(Bytes(make_zip(parts, method))))
    assert found is not None
    return found


@FEW
@given(name=st.sampled_from(PLAIN), written=WRITTEN, dropped=st.booleans(), stored=st.booleans(), order=ORDERS)
def test_nothing_in_docprops_or_customxml_changes_the_signature(
    name: str, written: dict[str, bytes], *, dropped: bool, stored: bool, order: object
) -> None:
    parts = unzip(PACKAGES[name])
    before = ask_signature(parts)
    kept = {key: data for key, data in parts.items() if not (dropped and key.startswith("docProps/"))}
    taken = {key.casefold() for key in kept}
    more = {key.casefold(): (key, data) for key, data in written.items() if key.casefold() not in taken}
    rewritten = list((kept | dict(more.values())).items())
    order.shuffle(rewritten)  # type: ignore[attr-defined]  # a Random, which Hypothesis types only at run time
    assert ask_signature(dict(rewritten), zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) == before


@FEW
@given(name=st.sampled_from(PLAIN), data=st.data())
def test_any_other_change_changes_the_signature(name: str, data: st.DataObject) -> None:
    parts = unzip(PACKAGES[name])
    content = [
        key for key in parts if not key.startswith(("docProps/", "customXml/", "[")) and not key.endswith(".rels")
    ]
    part = data.draw(st.sampled_from(content))
    before = ask_signature(parts)
    match data.draw(st.sampled_from(["edit", "remove", "rename", "add"])):
        case "edit":
            at = data.draw(st.integers(0, len(parts[part])))
            after = parts | {part: parts[part][:at] + data.draw(st.binary(min_size=1, max_size=5)) + parts[part][at:]}
        case "remove":
            after = {key: value for key, value in parts.items() if key != part}
        case "rename":
            after = {(f"x{key}" if key == part else key): value for key, value in parts.items()}
        case _:
            after = parts | {f"added/{part}": data.draw(st.binary(max_size=50))}
    assert ask_signature(after) != before


@pytest.mark.parametrize("name", PLAIN)
def test_a_signature_is_the_same_wherever_the_parts_lie(name: str) -> None:
    """Parts far apart are fetched one by one, parts side by side in one request."""
    parts = unzip(PACKAGES[name])
    near = ask_signature(parts)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, data in parts.items():
            archive.writestr(f"docProps/{len(archive.namelist())}.bin", bytes(200_000), zipfile.ZIP_STORED)
            archive.writestr(key, data)
    assert asyncio.run(content_signature(Bytes(target.getvalue()))) == near
