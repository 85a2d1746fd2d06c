"""CELUM's checksum, whose algorithm the documentation does not name (reference 25, "Checksum algorithm")."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

HEX_LENGTHS = {8: "crc32", 32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
BASE64_LENGTHS = {24: "md5", 28: "sha1", 44: "sha256", 88: "sha512"}


def algorithm_of(checksum: str | None) -> str | None:
    """Guessed from length and form; None where nothing known looks like this."""
    text = (checksum or "").strip()
    if re.fullmatch(r"[0-9a-fA-F]+", text):
        return HEX_LENGTHS.get(len(text))
    if re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text):
        return BASE64_LENGTHS.get(len(text))
    return None


def canonical(checksum: str) -> str:
    """Hex in lower case, whatever form it came in; a form that is not known stays as it is."""
    text = checksum.strip()
    if re.fullmatch(r"[0-9a-fA-F]+", text):
        return text.lower()
    try:
        return base64.b64decode(text, validate=True).hex() if len(text) in BASE64_LENGTHS else text
    except binascii.Error:
        return text


def matches(checksum: str | None, hashes: Mapping[str, str]) -> bool | None:
    """Whether CELUM's checksum is that of bytes with these hashes (algorithm → hex); None = cannot be said."""
    algorithm = algorithm_of(checksum)
    if checksum is None or algorithm is None or algorithm not in hashes:
        return None
    return canonical(checksum) == canonical(hashes[algorithm])


def spellings(hashes: Mapping[str, str]) -> tuple[str, ...]:
    """Every way in which CELUM may have written any of these hashes (algorithm → hex)."""
    return tuple(spelling for digest in hashes.values() for spelling in spelled(digest))


def spelled(checksum: str) -> tuple[str, ...]:
    """Lower and upper hex and base64, since a search may compare letter by letter."""
    digest = canonical(checksum)
    if algorithm_of(digest) is None:
        return (checksum,)
    return (digest, digest.upper(), base64.b64encode(bytes.fromhex(digest)).decode())
