"""Names and paths that OneDrive takes: every text becomes a legal name, and the name says what the text was. Pure.

A character that is not allowed becomes one that looks like it; what already looks so is marked with QUOTE, and so is
the start of a reserved word. Names are NFC, as OneDrive gives them back.
"""

from __future__ import annotations

import unicodedata

from shared.domain.file_names import FORBIDDEN, RESERVED, VTI, why_illegal
from shared.errors import ValueDoesNotFit

PATH_CHARACTERS = 400  # a path, site and library included, stays below
NAME_CHARACTERS = 255  # of one segment, in UTF-16 units
QUOTE = "\u201b"  # a quotation mark that nobody types; stands before a character that means itself
_FORBIDDEN = {char: chr(ord(char) + 0xFEE0) for char in FORBIDDEN}  # full-width forms
_CONTROL = {chr(code): chr(0x2400 + code) for code in range(32)} | {"\x7f": "\u2421"}  # their pictures
_UNREADABLE = {"\ufffd": "\u2426"}  # what is left of invalid UTF-8 is refused as such
_LEADING = {" ": "\u2420", "~": "\uff5e"}  # a visible space; the full-width form
_TRAILING = {" ": "\u2420", ".": "\uff0e"}
_ANYWHERE = _FORBIDDEN | _CONTROL | _UNREADABLE
_PLAIN = {look: char for table in (_ANYWHERE, _LEADING, _TRAILING) for char, look in table.items()}


def legal(text: str) -> str:
    """The name for a text; `plain` leads back to it (in NFC). ValueDoesNotFit when it is empty or no text."""
    text = unicodedata.normalize("NFC", text)
    if not text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueDoesNotFit("name", text.encode(errors="replace").decode(), "text that is not empty")
    name = [_anywhere(char) for char in text]
    name[0] = _LEADING.get(text[0], name[0])
    name[-1] = _TRAILING.get(text[-1], name[-1])
    whole = VTI.sub(f"_{QUOTE}", "".join(name))
    return f"{QUOTE}{whole}" if RESERVED.match(whole) else whole


def _anywhere(char: str) -> str:
    if char == QUOTE or char in _PLAIN:
        return QUOTE + char
    return _ANYWHERE.get(char, char)


def plain(name: str) -> str:
    """The text that a name made by `legal` stands for."""
    text, quoted = [], False
    for char in unicodedata.normalize("NFC", name):
        if char == QUOTE and not quoted:
            quoted = True
            continue
        text.append(char if quoted else _PLAIN.get(char, char))
        quoted = False
    return "".join(text)


def is_legal(name: str) -> bool:
    """Whether OneDrive takes the name as it is."""
    return not why_illegal(name)


def folded(name: str) -> str:
    """Two names with the same folded form are one and the same to OneDrive: `A.txt` and `a.txt`."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def marked(name: str, mark: str) -> str:
    """`Spring.pdf` and "4711" → `Spring (4711).pdf`: the later of two with one name. The extension stays."""
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    return f"{stem} ({mark}){dot}{extension}"


def check_length(path: str, *, above: str = "") -> None:
    """ValueDoesNotFit where a path from the library's root is too long; `above` is the way to the library itself.

    OneDrive would answer `pathIsTooLong` to every attempt.
    """
    whole = f"{above.rstrip('/')}/{path.strip('/')}"
    if _units(whole) >= PATH_CHARACTERS:
        raise ValueDoesNotFit("path", path, f"fewer than {PATH_CHARACTERS} characters with the way to the library")
    for name in path.strip("/").split("/"):
        if _units(name) > NAME_CHARACTERS:
            raise ValueDoesNotFit("name", name, f"at most {NAME_CHARACTERS} characters")


def _units(text: str) -> int:
    """SharePoint counts an emoji as two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
