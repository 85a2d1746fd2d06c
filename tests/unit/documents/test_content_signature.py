from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable

import pytest

from shared.documents import UnsafeArchive, content_signature, office_properties
from tests.unit.documents.packages import (
    Bytes,
    as_sharepoint_writes_it,
    make_docx,
    make_pptx,
    make_xlsx,
    make_zip,
    unzip,
)

MADE: dict[str, tuple[Callable[..., bytes], str]] = {
    "docx": (make_docx, "word/document.xml"),
    "pptx": (make_pptx, "ppt/presentation.xml"),
    "xlsx": (make_xlsx, "xl/workbook.xml"),
}


async def signature(data: bytes) -> str | None:
    return await content_signature(Bytes(data))


@pytest.mark.parametrize("kind", MADE)
async def test_a_file_that_sharepoint_has_rewritten_keeps_its_signature(kind: str) -> None:
    make, main = MADE[kind]
    data = make()
    rewritten = as_sharepoint_writes_it(data, main)
    assert rewritten != data
    found = await signature(data)
    assert found is not None
    assert found.startswith("office:")
    assert await signature(rewritten) == found


@pytest.mark.parametrize("kind", MADE)
async def test_an_edit_of_a_person_changes_the_signature(kind: str) -> None:
    make, _ = MADE[kind]
    assert await signature(make("one")) != await signature(make("two"))


async def test_a_relationship_to_another_picture_changes_the_signature() -> None:
    parts = unzip(make_docx())
    name = "word/_rels/document.xml.rels"
    other = parts | {name: parts[name].replace(b'Target="styles.xml"', b'Target="other.xml"')}
    assert await signature(make_zip(other)) != await signature(make_zip(parts))


async def test_an_external_target_that_only_looks_like_customxml_counts() -> None:
    parts = unzip(make_docx())
    link = b'<Relationship Id="x" Type="t" Target="customXml/x" TargetMode="External"/></Relationships>'
    other = parts | {"_rels/.rels": parts["_rels/.rels"].replace(b"</Relationships>", link)}
    assert await signature(make_zip(other)) != await signature(make_zip(parts))


async def test_a_relationship_part_with_nothing_left_is_as_good_as_none() -> None:
    parts = unzip(make_docx())
    empty = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
    only = b'<Relationship Id="r" Type="t" Target="../customXml/item9.xml"/>'
    other = parts | {"word/_rels/fontTable.xml.rels": empty % only}
    assert await signature(make_zip(other)) == await signature(make_zip(parts))


@pytest.mark.parametrize("data", [b"", b"PK", b"hello", os.urandom(100_000), b"\x89PNG" + bytes(70_000)])
async def test_what_is_no_archive_has_no_office_signature(data: bytes) -> None:
    assert await signature(data) is None
    assert await office_properties(Bytes(data)) == {}


async def test_an_archive_that_is_no_office_package_has_no_office_signature() -> None:
    assert await signature(make_zip({"a.txt": b"a"})) is None


async def test_only_the_needed_parts_of_a_large_file_are_read() -> None:
    parts = unzip(make_pptx(slides=30)) | {"ppt/media/video.mp4": os.urandom(5_000_000)}
    reader = Bytes(make_zip(parts))
    await content_signature(reader)
    assert sum(length for _, length in reader.reads) < 1_000_000
    assert len(reader.reads) < 12


async def test_a_zip64_archive_is_understood() -> None:
    parts = unzip(make_docx())
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            with archive.open(name, "w", force_zip64=True) as part:
                part.write(data)
    assert await signature(with_zip64_end(target.getvalue())) == await signature(make_zip(parts))


def with_zip64_end(data: bytes) -> bytes:
    """The end record as a file of over 4 GiB has it: all its numbers in a 64-bit record before it."""
    at = data.rindex(b"PK\x05\x06")
    count, size, offset = struct.unpack_from("<H2L", data, at + 10)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:at] + record + locator + end


async def test_a_comment_at_the_end_does_not_hide_the_directory() -> None:
    parts = unzip(make_docx())
    target = io.BytesIO(make_zip(parts))
    with zipfile.ZipFile(target, "a") as archive:
        archive.comment = b"PK\x05\x06 and so on " * 3_000
    assert await signature(target.getvalue()) == await signature(make_zip(parts))


def patched(data: bytes, part: str, at: int, form: str, value: int) -> bytes:
    """The directory entry of a part with another number in it."""
    where = data.rindex(part.encode()) - 46
    assert data[where : where + 4] == b"PK\x01\x02"
    changed = bytearray(data)
    struct.pack_into(form, changed, where + at, value)
    return bytes(changed)


RELS = "word/_rels/document.xml.rels"


@pytest.mark.parametrize(
    ("why", "at", "form", "value"),
    [
        ("lies about its size", 24, "<L", 0x7FFFFFFF),
        ("lies about its content", 16, "<L", 1),
        ("lies about its content", 24, "<L", 300),
        ("overlap|begin where", 42, "<L", 5),
        ("overlap", 20, "<L", 0x7FFFFFFF),
        ("encrypted", 8, "<H", 1),
        ("packed by method 12", 10, "<H", 12),
        ("damaged", 28, "<H", 60_000),
        ("64-bit sizes", 24, "<L", 0xFFFFFFFF),
    ],
)
async def test_an_archive_that_lies_is_refused(why: str, at: int, form: str, value: int) -> None:
    with pytest.raises(UnsafeArchive, match=why):
        await signature(patched(make_docx(), RELS, at, form, value))


async def test_an_archive_whose_directory_is_not_where_it_says_is_refused() -> None:
    data = make_docx()
    with pytest.raises(UnsafeArchive, match="does not stand where it says"):
        await signature(b"something in front" + data)


async def test_a_bomb_is_refused_without_being_unpacked() -> None:
    data = make_zip(unzip(make_docx()) | {"word/big.xml": os.urandom(1024 * 1024)})
    with pytest.raises(UnsafeArchive, match="far more"):
        await signature(patched(data, "word/big.xml", 24, "<L", 300 * 1024 * 1024))


async def test_xml_parts_beyond_all_measure_are_refused() -> None:
    parts = unzip(make_docx()) | {"word/_rels/x.xml.rels": b"<a>" + bytes(5 * 1024 * 1024)}
    with pytest.raises(UnsafeArchive, match="larger than any document needs"):
        await signature(make_zip(parts))


async def test_a_name_that_stands_twice_is_refused() -> None:
    target = io.BytesIO(make_docx())
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("WORD/document.xml", "another")
    with pytest.raises(UnsafeArchive, match="name stands twice"):
        await signature(target.getvalue())


@pytest.mark.parametrize(
    "xml",
    [
        b"not xml",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x"><a/>',
        b"<?xml version='1.0' encoding='nonsense'?><a/>",
    ],
)
async def test_hostile_xml_is_refused(xml: bytes) -> None:
    parts = unzip(make_docx()) | {"_rels/.rels": xml}
    with pytest.raises(UnsafeArchive, match="document type or entities" if b"DOCTYPE" in xml else "cannot be parsed"):
        await signature(make_zip(parts))
    with pytest.raises(UnsafeArchive, match="document type or entities" if b"DOCTYPE" in xml else "cannot be parsed"):
        await office_properties(Bytes(make_zip(parts)))


async def test_an_announced_size_that_was_wrong_is_corrected_by_the_first_read() -> None:
    class Corrected(Bytes):
        announced = 5_000

        async def size(self) -> int:
            return len(self.data) if self.reads else self.announced

    data = make_docx()
    assert await content_signature(Corrected(data)) == await signature(data)
