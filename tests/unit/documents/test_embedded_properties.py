from __future__ import annotations

import os
from collections.abc import Mapping

import pytest

from shared.documents import Protected, embedded_properties
from shared.documents.embedded import NAMES
from tests.unit.documents.packages import Bytes, make_docx
from tests.unit.documents.pictures import (
    XMP_OF_JPEG,
    chunk,
    dataset,
    jpeg,
    jpeg_with,
    packet,
    pdf,
    photoshop,
    png,
    segment,
    tiff,
    titled,
    xmp_chunk,
)

RECORD = dataset(5, b"From IPTC") + dataset(25, b"shoes") + dataset(25, b"boots")


async def read(data: bytes) -> Mapping[str, str | tuple[str, ...]]:
    return await embedded_properties(Bytes(data))


FILES = {
    "jpeg": jpeg_with(titled("From XMP"), RECORD),
    "png": png(xmp_chunk(titled("From XMP")), chunk(b"zTXt", b"")),
    "png, packed": png(xmp_chunk(titled("From XMP"), packed=True)),
    "png, after the picture": png(after=xmp_chunk(titled("From XMP"))),
    "tiff": tiff({700: (1, titled("From XMP")), 33723: (1, RECORD)}),
    "tiff, the other order": tiff({700: (1, titled("From XMP")), 33723: (1, RECORD)}, order=">"),
    "tiff, big": tiff({700: (1, titled("From XMP")), 33723: (1, RECORD)}, big=True),
    "pdf": pdf(xmp=titled("From XMP"), Title="From info"),
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
async def test_the_title_is_read_from_every_format(data: bytes) -> None:
    found = await read(data)
    assert (found["title"], found["dc:title"]) == ("From XMP", "From XMP")


@pytest.mark.parametrize("name", [name for name, data in FILES.items() if b"From IPTC" in data])
async def test_where_xmp_and_iptc_disagree_xmp_counts_and_both_can_be_asked_for(name: str) -> None:
    found = await read(FILES[name])
    assert (found["title"], found["dc:title"]) == ("From XMP", "From XMP")
    assert (found["iptc:ObjectName"], found["iptc:2:5"]) == ("From IPTC", "From IPTC")
    assert found["keywords"] == ("shoes", "boots")


async def test_an_empty_xmp_property_does_not_hide_what_iptc_says() -> None:
    assert (await read(jpeg_with(titled("  "), RECORD)))["title"] == "From IPTC"


async def test_every_name_of_the_table_is_found_in_its_xmp_place() -> None:
    inside = "<Iptc4xmpExt:City>Wien</Iptc4xmpExt:City><Iptc4xmpExt:CountryName>Austria</Iptc4xmpExt:CountryName>"
    item = f"<rdf:Bag><rdf:li rdf:parseType='Resource'>{inside}</rdf:li></rdf:Bag>"
    place = f"<Iptc4xmpExt:LocationCreated>{item}</Iptc4xmpExt:LocationCreated>"
    xmp = packet(
        "<dc:description><rdf:Alt><rdf:li xml:lang='de'>Schuhe</rdf:li><rdf:li xml:lang='x-default'>Shoes</rdf:li>"
        "</rdf:Alt></dc:description><dc:creator><rdf:Seq><rdf:li>A</rdf:li><rdf:li>B</rdf:li></rdf:Seq></dc:creator>"
        f"{place}",
        "xmlns:r='http://ns.adobe.com/xap/1.0/rights/' r:UsageTerms='Internal' r:WebStatement='https://acme.example/r'"
        " photoshop:Headline='H' photoshop:Credit='C' photoshop:DateCreated='2026-11-24' xmlns:my='acme:my' my:sku='7'",
    )
    found = await read(jpeg_with(xmp))
    expected = {
        "description": "Shoes",
        "creator": ("A", "B"),
        "city": "Wien",
        "country": "Austria",
        "usage_terms": "Internal",
        "web_statement": "https://acme.example/r",
        "headline": "H",
        "credit": "C",
        "created": "2026-11-24",
        "xmpRights:UsageTerms": "Internal",
        "my:sku": "7",
    }
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (5, "title"),
        (25, "keywords"),
        (37, "expires"),
        (40, "instructions"),
        (55, "created"),
        (80, "creator"),
        (90, "city"),
        (92, "location"),
        (95, "state"),
        (100, "country_code"),
        (101, "country"),
        (103, "job"),
        (105, "headline"),
        (110, "credit"),
        (115, "source"),
        (116, "rights"),
        (120, "description"),
    ],
)
async def test_every_name_of_the_table_is_found_in_its_iptc_place(number: int, name: str) -> None:
    assert name in NAMES
    assert (await read(jpeg_with(iptc=dataset(number, b"something"))))[name] == "something"


@pytest.mark.parametrize(
    ("head", "raw"),
    [
        (dataset(90, b"\x1b%G", record=1), "Größe".encode()),
        (b"", "Größe".encode()),
        (b"", "Größe".encode("cp1252")),
    ],
)
async def test_iptc_is_read_in_the_character_sets_that_programs_wrote(head: bytes, raw: bytes) -> None:
    assert (await read(jpeg_with(iptc=head + dataset(25, raw))))["keywords"] == "Größe"


async def test_iptc_with_turned_round_bytes_is_understood() -> None:
    padded = RECORD + bytes(-len(RECORD) % 4)
    turned = b"".join(padded[at : at + 4][::-1] for at in range(0, len(padded), 4))
    assert (await read(tiff({33723: (4, turned)})))["title"] == "From IPTC"


async def test_iptc_is_found_in_the_photoshop_block_of_a_tiff_file() -> None:
    assert (await read(tiff({34377: (1, photoshop(RECORD))})))["title"] == "From IPTC"


async def test_exif_texts_fill_what_xmp_and_iptc_leave_open() -> None:
    block = tiff({270: (2, b"A shoe\x00"), 315: (2, b"Olivia\x00"), 33432: (2, b"(c) Acme\x00")})
    for data in (jpeg(segment(0xE1, b"Exif\x00\x00" + block)), png(chunk(b"eXIf", block)), block):
        found = await read(data)
        assert (found["description"], found["creator"], found["rights"]) == ("A shoe", "Olivia", "(c) Acme")
        assert found["ifd:Artist"] == "Olivia"


async def test_the_keywords_and_title_of_windows_are_understood() -> None:
    block = tiff({40091: (1, "Spring\0".encode("utf-16-le")), 40094: (1, "shoes;boots\0".encode("utf-16-le"))})
    found = await read(block)
    assert (found["title"], found["keywords"]) == ("Spring", ("shoes", "boots"))


async def test_a_packet_too_long_for_one_segment_is_put_together() -> None:
    guid = b"0123456789ABCDEF0123456789ABCDEF"
    main = packet("", f'xmpNote:HasExtendedXMP="{guid.decode()}"')
    more = packet(f"<photoshop:Headline>{'x' * 50_000}</photoshop:Headline><photoshop:City>Wien</photoshop:City>")
    head = b"http://ns.adobe.com/xmp/extension/\x00" + guid + len(more).to_bytes(4)
    parts = [segment(0xE1, head + at.to_bytes(4) + more[at : at + 30_000]) for at in (30_000, 0)]
    found = await read(jpeg(segment(0xE1, XMP_OF_JPEG + main), *parts))
    assert found["city"] == "Wien"
    assert "city" not in await read(jpeg(segment(0xE1, XMP_OF_JPEG + packet("")), *parts))


async def test_the_information_of_a_pdf_is_read_where_it_has_no_packet() -> None:
    found = await read(pdf(Title="Spring", Author="Olivia", Subject="Shoes", Keywords="a, b; c", ISBN="4711"))
    assert (found["title"], found["creator"], found["description"]) == ("Spring", "Olivia", "Shoes")
    assert (found["keywords"], found["info:ISBN"]) == (("a", "b", "c"), "4711")


async def test_a_pdf_that_takes_a_password_to_open_is_told_from_one_that_does_not() -> None:
    with pytest.raises(Protected, match="protected by a password"):
        await read(pdf(Title="Spring", password="acme"))
    assert (await read(pdf(Title="Spring", password="")))["title"] == "Spring"


async def test_a_pdf_with_lines_before_it_is_repaired_while_it_is_small() -> None:
    assert (await read(b"From: a printer\r\n\r\n" + pdf(Title="Spring")))["title"] == "Spring"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("D:20261124101500+01'00'", "2026-11-24T10:15:00+01:00"),
        ("D:20261124101500Z", "2026-11-24T10:15:00Z"),
        ("D:20261124101500Z00'00'", "2026-11-24T10:15:00Z"),
        ("D:20261124", "2026-11-24"),
        ("D:2026", "2026"),
        ("last Tuesday", "last Tuesday"),
    ],
)
async def test_the_dates_of_a_pdf_become_iso(written: str, read_as: str) -> None:
    assert (await read(pdf(CreationDate=written)))["created"] == read_as


async def test_date_and_time_of_iptc_and_exif_become_one_iso_instant() -> None:
    found = await read(jpeg_with(iptc=dataset(55, b"20261124") + dataset(60, b"101500+0100")))
    assert found["created"] == "2026-11-24T10:15:00+01:00"
    assert (await read(tiff({36867: (2, b"2026:11:24 10:15:00\x00")})))["created"] == "2026-11-24T10:15:00"


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"%PDF-", b"II*\x00", b"hello", os.urandom(5000), make_docx()])
async def test_what_has_no_metadata_gives_none(data: bytes) -> None:
    assert await read(data) == {}


async def test_a_600_page_pdf_costs_a_few_reads() -> None:
    reader = Bytes(pdf(600, titled("Spring")) + bytes(0))
    assert (await embedded_properties(reader))["title"] == "Spring"
    assert len(reader.reads) <= 3


async def test_only_the_needed_parts_of_a_large_file_are_read() -> None:
    pixels = chunk(b"IDAT", os.urandom(3_000_000))
    photo = jpeg_with(titled("Spring")) + os.urandom(3_000_000)
    scan = tiff({270: (2, b"Spring"), 273: (1, os.urandom(3_000_000)), 700: (1, titled("Spring"))})
    for data in (photo, scan, png(picture=pixels, after=xmp_chunk(titled("Spring"))), large_pdf()):
        reader = Bytes(data)
        assert (await embedded_properties(reader))["title"] == "Spring"
        assert sum(length for _, length in reader.reads) < 600_000
        assert len(reader.reads) < 8


def large_pdf() -> bytes:
    """A picture of 3 MB between the objects and the table that says where they are."""
    data = pdf(300, titled("Spring"))
    at = data.rindex(b"xref\n", 0, data.rindex(b"startxref"))
    filler = b"999 0 obj\n<< /Length 3000000 >>\nstream\n" + os.urandom(3_000_000) + b"\nendstream\nendobj\n"
    tail = data[at:].replace(f"startxref\n{at}".encode(), f"startxref\n{at + len(filler)}".encode())
    return data[:at] + filler + tail
