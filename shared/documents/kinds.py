"""Which files are worth opening, by their names: a look inside costs a request."""

from __future__ import annotations

OFFICE_SUFFIXES = (
    *(".docx", ".docm", ".dotx", ".dotm"),
    *(".pptx", ".pptm", ".potx", ".potm", ".ppsx", ".ppsm"),
    *(".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb"),
)
EMBEDDED_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".pdf", ".ai")  # Illustrator saves PDF inside


def may_be_office(name: str) -> bool:
    return name.lower().endswith(OFFICE_SUFFIXES)


def may_have_embedded(name: str) -> bool:
    return name.lower().endswith(EMBEDDED_SUFFIXES)


def may_be_pdf(name: str) -> bool:
    return name.lower().endswith((".pdf", ".ai"))
