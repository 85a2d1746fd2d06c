"""Property promotion: the bytes that SharePoint makes of an uploaded Office, HTML or PDF file."""

from __future__ import annotations

import re
import shutil
import uuid
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

CUSTOM = "docProps/custom.xml"
_TYPES, _RELATIONS = "[Content_Types].xml", "_rels/.rels"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VARIANT = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_FORMAT = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"  # of every custom property


def rewrite(source: Path, target: Path, suffix: str, values: dict[str, str]) -> bool:
    """Write the promoted file to `target`; False, and nothing written, when the file is not of its kind."""
    stamp = {"ContentTypeId": "0x0101", "_dlc_DocIdItemGuid": str(uuid.uuid4()), **values}
    if suffix in {".html", ".htm", ".pdf"}:
        shutil.copyfile(source, target)
        with target.open("ab") as file:
            file.write(_trailer(suffix, stamp).encode())
        return True
    try:
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
            _promote(old, new, stamp)
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError):
        target.unlink(missing_ok=True)
        return False
    return True


def _trailer(suffix: str, stamp: dict[str, str]) -> str:
    text = "; ".join(f"{name}={value}" for name, value in stamp.items())
    return f"\n% {text}\n" if suffix == ".pdf" else f"\n<!-- mso:CustomDocumentProperties {escape(text)} -->\n"


def _promote(old: zipfile.ZipFile, new: zipfile.ZipFile, stamp: dict[str, str]) -> None:
    names = old.namelist()
    for name in names:
        if name not in {CUSTOM, _TYPES, _RELATIONS}:
            with old.open(name) as source, new.open(name, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)
    existing = old.read(CUSTOM).decode() if CUSTOM in names else ""
    new.writestr(CUSTOM, _properties(existing, stamp))
    new.writestr(_TYPES, _with_type(old.read(_TYPES).decode()))
    new.writestr(_RELATIONS, _with_relation(old.read(_RELATIONS).decode()))


def _properties(existing: str, stamp: dict[str, str]) -> str:
    kept = [
        block
        for block in re.findall(r"<property\b.*?</property>", existing, re.DOTALL)
        if not any(f"name={quoteattr(name)}" in block for name in stamp)
    ]
    properties = [(_name(block), _value(block)) for block in kept]
    properties += [(quoteattr(name), f"<vt:lpwstr>{escape(value)}</vt:lpwstr>") for name, value in stamp.items()]
    body = "".join(
        f'<property fmtid="{_FORMAT}" pid="{pid}" name={name}>{value}</property>'
        for pid, (name, value) in enumerate(properties, start=2)
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f'{head}<Properties xmlns="{_PROPERTIES}" xmlns:vt="{_VARIANT}">{body}</Properties>'


def _name(block: str) -> str:
    found = re.search(r'\bname=("[^"]*")', block)
    return found[1] if found else '""'


def _value(block: str) -> str:
    return block.partition(">")[2].removesuffix("</property>")


def _with_type(types: str) -> str:
    if f"/{CUSTOM}" in types:
        return types
    return types.replace("</Types>", f'<Override PartName="/{CUSTOM}" ContentType="{_CONTENT_TYPE}"/></Types>')


def _with_relation(relations: str) -> str:
    if _RELATION in relations:
        return relations
    added = f'<Relationship Id="rIdPromoted" Type="{_RELATION}" Target="{CUSTOM}"/></Relationships>'
    return relations.replace("</Relationships>", added)
