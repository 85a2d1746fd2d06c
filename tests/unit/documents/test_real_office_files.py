from __future__ import annotations

import io
import zipfile
from pathlib import Path

import msoffcrypto
import pytest
import xlsxwriter

from shared.documents import Protected, content_signature, embedded_properties, office_properties
from shared.documents.kinds import may_be_office, may_have_embedded
from tests.unit.documents.packages import (
    Bytes,
    as_sharepoint_writes_it,
    make_docx,
    make_pptx,
    make_xlsx,
    make_zip,
    unzip,
)

SAMPLES = Path(__file__).parents[2] / "samples"
MAINS = {"doc": "word/document.xml", "ppt": "ppt/presentation.xml", "xls": "xl/workbook.xml"}
SAVED = [path.name for path in sorted(SAMPLES.glob("libreoffice.???[xm]"))]


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


async def signature(data: bytes) -> str | None:
    return await content_signature(Bytes(data))


def test_there_is_a_sample_of_each_kind() -> None:
    assert {name.rpartition(".")[2] for name in SAVED} == {"docx", "docm", "xlsx", "xlsm", "pptx", "pptm"}


def test_a_name_says_what_is_worth_opening() -> None:
    names = {path.name.upper() for path in SAMPLES.iterdir()}
    packages = {name for name in names if name.endswith(("X", "M"))}
    assert {name for name in names if may_be_office(name)} == packages
    assert {name for name in names if may_have_embedded(name)} == names - packages - {"LIBREOFFICE.DOC"}


@pytest.mark.parametrize("name", SAVED)
async def test_the_properties_that_libreoffice_saved_are_read(name: str) -> None:
    found = await office_properties(Bytes(sample(name)))
    expected = {
        "title": "Spring campaign",
        "subject": "Brochure",
        "creator": "Acme Studio",
        "keywords": "spring shoes",
        "description": "A comment",
        "Product line": "Shoes",
        "Approved": "1",
        "Units": "4711",
    }
    assert {key: found.get(key) for key in expected} == expected


@pytest.mark.parametrize("name", SAVED)
async def test_a_file_of_libreoffice_keeps_its_signature_through_sharepoint(name: str) -> None:
    data = sample(name)
    found = await signature(data)
    assert found is not None
    assert await signature(as_sharepoint_writes_it(data, MAINS[name[-4:-1]])) == found


@pytest.mark.parametrize("constant_memory", [False, True])
async def test_a_workbook_of_xlsxwriter_is_read(constant_memory: bool) -> None:
    data = made_by_xlsxwriter("sku", constant_memory=constant_memory)
    found = await office_properties(Bytes(data))
    assert (found["title"], found["creator"], found["category"]) == ("Spring", "Acme Studio", "Price list")
    assert (found["contentStatus"], found["Product line"], found["Approved"]) == ("Final", "Shoes", "true")
    assert await signature(data) == await signature(as_sharepoint_writes_it(data, MAINS["xls"]))
    assert await signature(data) != await signature(made_by_xlsxwriter("gtin", constant_memory=constant_memory))


def made_by_xlsxwriter(text: str, *, constant_memory: bool) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "constant_memory": constant_memory})
    book.add_worksheet().write("A1", text)
    book.set_properties({"title": "Spring", "author": "Acme Studio", "category": "Price list", "status": "Final"})
    book.set_custom_property("Product line", "Shoes")
    book.set_custom_property("Approved", value=True)
    book.close()
    return target.getvalue()


@pytest.mark.parametrize("name", ["libreoffice.docm", "libreoffice.xlsm", "libreoffice.pptm"])
async def test_macros_are_content(name: str) -> None:
    parts = unzip(sample(name))
    folder = MAINS[name[-4:-1]].partition("/")[0]
    one, two = (make_zip(parts | {f"{folder}/vbaProject.bin": code}) for code in (b"Sub A", b"Sub B"))
    assert len({await signature(data) for data in (sample(name), one, two)}) == 3


@pytest.mark.parametrize("make", [make_docx, make_pptx, make_xlsx])
async def test_a_document_with_a_password_is_told_apart(make: object) -> None:
    assert callable(make)
    await assert_protected(with_password(make()))


def with_password(data: bytes) -> bytes:
    """As Office encrypts it: in a compound file with data spaces."""
    target = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(data)).encrypt("acme", target)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
async def test_a_password_that_libreoffice_set_is_told_apart(kind: str) -> None:
    await assert_protected(sample(f"libreoffice-password.{kind}"))


async def assert_protected(data: bytes) -> None:
    for ask in (content_signature, office_properties):
        reader = Bytes(data)
        with pytest.raises(Protected, match="protected by a password") as caught:
            await ask(reader)
        assert caught.value.by == "a password"
        assert len(reader.reads) <= 4


async def test_rights_management_is_named_as_such() -> None:
    by_password = "StrongEncryptionDataSpace".encode("utf-16-le")
    by_right = "DRMEncryptedDataSpace".encode("utf-16-le").ljust(len(by_password), b"\x00")
    managed = with_password(make_docx()).replace(by_password, by_right)
    with pytest.raises(Protected, match="rights management"):
        await content_signature(Bytes(managed))


async def test_a_document_of_word_97_is_neither_a_package_nor_protected() -> None:
    data = sample("libreoffice.doc")
    assert await signature(data) is None
    assert await office_properties(Bytes(data)) == {}


async def test_a_compound_file_whose_directory_leads_in_circles_ends() -> None:
    data = bytearray(sample("libreoffice-password.docx"))
    table = (int.from_bytes(data[76:80], "little") + 1) * 512
    for sector in range(128):
        data[table + 4 * sector : table + 4 * sector + 4] = data[48:52]
    data = bytearray(bytes(data).replace("EncryptedPackage".encode("utf-16-le"), bytes(32)))
    assert await signature(bytes(data)) is None


STRICT = {
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/metadata/core-properties": b"",
    b"http://schemas.openxmlformats.org/officeDocument/2006/custom-properties": (
        b"http://purl.oclc.org/ooxml/officeDocument/customProperties"
    ),
    b"http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes": (
        b"http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes"
    ),
    b"relationships/custom-properties": b"relationships/customProperties",
    b"relationships/extended-properties": b"relationships/extendedProperties",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
    b"http://schemas.openxmlformats.org/wordprocessingml/2006/main": b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
}


def strict(data: bytes) -> bytes:
    """The same document in the strict edition of ISO 29500, which has names of its own."""
    parts = unzip(data)
    for old, new in STRICT.items():
        parts = {name: content.replace(old, new) if new else content for name, content in parts.items()}
    return make_zip(parts)


@pytest.mark.parametrize("name", ["libreoffice.docx", "libreoffice.xlsx"])
async def test_the_strict_edition_is_read_like_the_usual_one(name: str) -> None:
    data = strict(sample(name))
    assert b"purl.oclc.org" in unzip(data)["_rels/.rels"]
    assert await office_properties(Bytes(data)) == await office_properties(Bytes(sample(name)))
    assert await signature(data) == await signature(as_sharepoint_writes_it(data, MAINS[name[-4:-1]]))


async def test_a_file_written_as_a_stream_is_read() -> None:
    """Sizes and checksums stand behind each part, as a program writes that cannot go back."""

    class Forwards(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]  # narrower than any buffer
            self.data += data
            return len(data)

    target = Forwards()
    parts = unzip(sample("libreoffice.docx"))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    assert target.data[6] & 8
    assert await signature(bytes(target.data)) == await signature(sample("libreoffice.docx"))


@pytest.mark.parametrize(
    "name", ["exiftool.jpg", "exiftool.png", "exiftool.tif", "imagemagick.png", "imagemagick.tif", "exiftool.pdf"]
)
async def test_xmp_counts_where_a_program_wrote_iptc_that_disagrees(name: str) -> None:
    found = await embedded_properties(Bytes(sample(name)))
    assert (found["title"], found["usage_terms"]) == ("From XMP", "Internal only")
    if name == "exiftool.pdf":
        assert found["info:Title"] == "From info"
        return
    assert (found["keywords"], found["city"], found["country"]) == (("shoes", "größe"), "Wien", "Austria")
    if name != "exiftool.png":  # the one that has no place for IPTC
        assert (found["iptc:ObjectName"], found["iptc:City"]) == ("From IPTC", "Vienna")
        assert (found["iptc:Keywords"], found["headline"]) == (("shoes", "old"), "Only IPTC")


async def test_a_pdf_of_libreoffice_is_read_and_its_protection_told_apart() -> None:
    for name in ("libreoffice.pdf", "libreoffice-restricted.pdf"):
        found = await embedded_properties(Bytes(sample(name)))
        assert (found["title"], found["keywords"]) == ("Spring campaign", ("spring", "shoes"))
    with pytest.raises(Protected):
        await embedded_properties(Bytes(sample("libreoffice-password.pdf")))
