from __future__ import annotations

import contextlib
import struct
import zlib

import pytest

from shared.documents import UnsafeContent, embedded_properties
from shared.documents.window import MOST_BYTES
from shared.errors import System, Unavailable
from tests.unit.documents.packages import Bytes
from tests.unit.documents.pictures import (
    XMP_OF_JPEG,
    chunk,
    dataset,
    jpeg,
    jpeg_with,
    packet,
    pdf,
    png,
    segment,
    tiff,
    titled,
    xmp_chunk,
)

ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
OUTSIDE = b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><x/>'


class Endless:
    """A file of 200 GB that is `head`, then the same bytes over and over."""

    def __init__(self, head: bytes, body: bytes, size: int = 200_000_000_000) -> None:
        self.head, self.body, self.length, self.given = head, body, size, 0

    async def size(self) -> int:
        return self.length

    async def read(self, offset: int, length: int) -> bytes:
        self.given += length
        first = max(offset - len(self.head), 0) % len(self.body)
        repeated = (self.body * (length // len(self.body) + 2))[first:]
        return (self.head[offset:] + repeated)[:length]


@pytest.mark.parametrize("xmp", [ENTITIES, OUTSIDE])
@pytest.mark.parametrize("make", [jpeg_with, lambda xmp: png(xmp_chunk(xmp)), lambda xmp: tiff({700: (1, xmp)}), None])
async def test_entities_and_document_types_are_refused(make: object, xmp: bytes) -> None:
    data = make(xmp) if callable(make) else pdf(xmp=xmp)
    with pytest.raises(UnsafeContent, match="document type or entities"):
        await embedded_properties(Bytes(data))


@pytest.mark.parametrize(
    "xmp",
    [
        b"<a>" * 100 + b"</a>" * 100,
        packet("<dc:title/>" * 100_001),
        packet("<dc:subject><rdf:Bag>" + "<rdf:li>x</rdf:li>" * 20_001 + "</rdf:Bag></dc:subject>"),
    ],
)
async def test_a_packet_beyond_all_measure_is_refused(xmp: bytes) -> None:
    with pytest.raises(UnsafeContent, match="than any"):
        await embedded_properties(Bytes(tiff({700: (1, xmp)})))


@pytest.mark.parametrize(
    "xmp", [b"not xml", b"<a><b></a>", b"<?xml version='1.0' encoding='no'?><a/>", b"\x00", b"\xff"]
)
async def test_a_broken_packet_hides_nothing_else(xmp: bytes) -> None:
    assert (await embedded_properties(Bytes(jpeg_with(xmp, dataset(5, b"IPTC")))))["title"] == "IPTC"


async def test_a_structure_deeper_than_names_reach_is_left_out() -> None:
    name = "photoshop:a"
    deep = (
        f"<{name}><rdf:Description>" * 10 + "<photoshop:City>x</photoshop:City>" + f"</rdf:Description></{name}>" * 10
    )
    found = await embedded_properties(Bytes(jpeg_with(packet(f"{deep}<photoshop:State>y</photoshop:State>"))))
    assert found == {"photoshop:State": "y", "state": "y"}


async def test_another_namespace_does_not_pass_for_dublin_core() -> None:
    rdf = b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">%s</r:RDF>'
    xmp = rdf % b'<r:Description xmlns:dc="x:y" dc:title="t"/>'
    assert await embedded_properties(Bytes(jpeg_with(xmp))) == {"dc_:title": "t"}


@pytest.mark.parametrize(
    "reader",
    [
        Endless(b"\xff\xd8", segment(0xE0, bytes(60_000))),
        Endless(b"\xff\xd8", segment(0xE0, b"")),
        Endless(b"\x89PNG\r\n\x1a\n", chunk(b"teXt", b"")),
        Endless(b"\x89PNG\r\n\x1a\n", chunk(b"teXt", bytes(70_000))),
        Endless(b"%PDF-1.7\n", b"x"),
        Endless(b"%PDF-1.7\n", b"startxref\n9\n%%EOF\n"),
        Endless(b"%PDF-1.7\n", b"\nxref\n0 99999999\n"),
    ],
    ids=["jpeg", "jpeg, many", "png, many", "png", "pdf without an end", "pdf in circles", "pdf of tables"],
)
async def test_a_file_without_end_is_given_up(reader: Endless) -> None:
    with contextlib.suppress(UnsafeContent):
        assert await embedded_properties(reader) == {}
    assert reader.given <= MOST_BYTES


@pytest.mark.parametrize("places", [(8, 0), (8, 8)])
async def test_a_directory_that_hangs_below_itself_is_read_once(places: tuple[int, int]) -> None:
    first, below = places
    entry = struct.pack("<HHLL", 34665, 4, 1, below)
    data = b"II*\x00" + struct.pack("<LH", first, 1) + entry + struct.pack("<L", 8)
    assert await embedded_properties(Bytes(data)) == {}


async def test_lengths_that_lie_give_nothing() -> None:
    for kind in (270, 700, 33723, 34377, 34665):
        for count, place in ((0xFFFFFFFF, 8), (4_000_000, 8), (100, 0xFFFFFFFF), (0, 0)):
            entry = struct.pack("<HHLL", kind, 7, count, place)
            assert await embedded_properties(Bytes(b"II*\x00\x08\x00\x00\x00\x01\x00" + entry + bytes(4))) == {}
    cut = segment(0xE1, XMP_OF_JPEG + titled("x"))
    assert await embedded_properties(Bytes(b"\xff\xd8" + cut[:-5])) == {}
    assert await embedded_properties(Bytes(b"\xff\xd8\xff\xe1\x00\x00" + bytes(9))) == {}
    assert await embedded_properties(Bytes(png(struct.pack(">L", 0xFFFFFFFF) + b"iTXt"))) == {}
    assert await embedded_properties(Bytes(jpeg_with(iptc=b"\x1c\x02\x05\xff\xff"))) == {}
    assert await embedded_properties(Bytes(jpeg_with(iptc=b"\x1c\x02\x05\x80\x04\xff\xff\xff\xff"))) == {}


async def test_a_packed_text_that_unpacks_to_far_more_is_refused() -> None:
    bomb = zlib.compress(bytes(50_000_000), 9)
    for data in (
        png(chunk(b"zTXt", b"Title\x00\x00" + bomb)),
        png(chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + bomb)),
    ):
        with pytest.raises(UnsafeContent, match="unpacks"):
            await embedded_properties(Bytes(data))


async def test_a_pdf_packet_that_unpacks_to_far_more_is_refused() -> None:
    bomb = zlib.compress(bytes(30_000_000), 9)
    data = pdf(xmp=b"@" * len(bomb), Title="t")
    data = data.replace(b"@" * len(bomb), bomb)
    length = f"/Length {len(bomb)}".encode()
    data = data.replace(length, length + b"\n/Filter /FlateDecode", 1)
    with pytest.raises(UnsafeContent, match="unpacks"):
        await embedded_properties(Bytes(data))


async def test_a_pdf_that_unpacks_the_same_zeros_again_and_again_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.documents.embedded.pdf.CPU_SECONDS", 0.1)
    zeros = zlib.compress(b"0 " * 1_000_000, 9)
    head = f"<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length {len(zeros)} >>\nstream\n".encode()
    objects = b"".join(f"{n} 0 obj\n".encode() + head + zeros + b"\nendstream\nendobj\n" for n in range(1, 100))
    end = b"trailer\n<< /Root 7000 0 R >>\nstartxref\n99\n%%EOF\n"
    with pytest.raises(UnsafeContent, match="in circles"):
        await embedded_properties(Bytes(b"%PDF-1.7\n" + objects + end))


async def test_a_pdf_whose_tables_lead_in_circles_ends() -> None:
    data = pdf(Title="t")
    at = data.rindex(b"\nxref") + 1
    data = data.replace(b"trailer\n<<", f"trailer\n<<\n/Prev {at}".encode())
    assert await embedded_properties(Bytes(data)) in ({}, await embedded_properties(Bytes(pdf(Title="t"))))


async def test_an_iptc_record_with_datasets_without_end_is_cut_off() -> None:
    found = await embedded_properties(Bytes(tiff({33723: (1, dataset(25, b"x") * 100_000)})))
    assert len(found["keywords"]) == 5_000


async def test_a_value_that_is_no_word_but_data_is_left_out() -> None:
    xmp = packet(f"<photoshop:City>Wien</photoshop:City><photoshop:History>{'x' * 100_000}</photoshop:History>")
    assert await embedded_properties(Bytes(tiff({700: (1, xmp)}))) == {"photoshop:City": "Wien", "city": "Wien"}


@pytest.mark.parametrize("data", [jpeg(), png(), tiff({270: (2, b"a shoe")}), pdf(3)])
async def test_what_the_reader_raises_comes_through(data: bytes) -> None:
    class Dead(Bytes):
        async def read(self, offset: int, length: int) -> bytes:  # noqa: ARG002
            raise Unavailable(System.ONEDRIVE, "read item 1", "the line is dead")

    with pytest.raises(Unavailable):
        await embedded_properties(Dead(data))


async def test_a_line_that_dies_in_the_middle_of_a_pdf_is_no_damaged_file() -> None:
    class Broken(Bytes):
        async def read(self, offset: int, length: int) -> bytes:
            if self.reads:
                raise Unavailable(System.ONEDRIVE, "read item 1", "the line is dead")
            return await super().read(offset, length)

    with pytest.raises(Unavailable):
        await embedded_properties(Broken(pdf(600, Title="Spring")))


async def test_what_is_cut_off_is_not_taken_for_whole() -> None:
    title = dataset(5, b"IPTC")
    assert await embedded_properties(Bytes(jpeg_with(iptc=title[:-1]))) == {}
    exif = segment(0xE1, b"Exif\x00\x00" + tiff({270: (2, b"x")}))
    assert await embedded_properties(Bytes(b"\xff\xd8" + exif[:-1])) == {}
    assert await embedded_properties(Bytes(tiff({270: (2, b"a long text")})[:-3])) == {}


async def test_a_segment_behind_the_end_of_the_picture_is_not_read() -> None:
    behind = b"\xff\xd8\xff\xd9\x00\x02" + segment(0xE1, XMP_OF_JPEG + titled("x"))
    assert await embedded_properties(Bytes(behind)) == {}


async def test_a_chunk_that_cannot_prove_itself_is_not_read() -> None:
    broken = bytearray(xmp_chunk(titled("x")))
    broken[-1] ^= 1
    assert await embedded_properties(Bytes(png(after=bytes(broken)))) == {}
    assert await embedded_properties(Bytes(png(bytes(broken)))) == {}


async def test_segments_without_end_are_refused() -> None:
    with pytest.raises(UnsafeContent, match="more segments"):
        await embedded_properties(Endless(b"\xff\xd8", segment(0xE0, b"")))
