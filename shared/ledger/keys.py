"""Keys of the tables: reversible, safe in URLs and filters, the same order in both stores."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

# Everything else is written as =XX of its UTF-8 bytes: Table Storage forbids / \ # ? and control characters, % and +
# suffer on their way through URLs, a quote through filters, and other letters sort differently from store to store.
_UNSAFE = re.compile(r"[^A-Za-z0-9!|:@.,_-]")
_ESCAPE = "="
_FOLD = "~"  # never comes out of `encoded`, so it marks what is not reversible
LONGEST = 500  # Table Storage takes 1 KiB of UTF-16, which is 512 characters
HEAD = 420  # of a folded key, to keep order and prefixes; 64 more are the hash
AFTER_ALL = "~~"  # sorts behind whatever may follow a prefix, folded keys included

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FAR = 10**17  # microseconds after 1970: the year 5138


def encoded(key: str) -> str:
    if not key:
        return _ESCAPE
    return _UNSAFE.sub(lambda found: "".join(f"={byte:02X}" for byte in _utf8(found[0])), key)


def decoded(key: str) -> str:
    if key == _ESCAPE:
        return ""
    raw = re.sub(rb"=([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), key.encode())
    return raw.decode("utf-8", "surrogatepass")


def stored(key: str) -> str:
    """The key as it stands in the table; one that is too long is folded, and its row must remember the whole of it."""
    plain = encoded(key)
    return plain if len(plain) <= LONGEST else plain[:HEAD] + _FOLD + sha256(_utf8(key)).hexdigest()


def is_folded(key: str) -> bool:
    return _FOLD in key


def prefix_range(prefix: str) -> tuple[str, str]:
    """From (included) and to (excluded) among stored keys. May take in others when the prefix is long: check again."""
    head = encoded(prefix)[:HEAD] if prefix else ""
    return head, head + AFTER_ALL


def instant_text(at: datetime) -> str:
    """UTC to the microsecond, always of the same length, so that text order is time order."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def minute(at: datetime) -> str:
    return instant_text(at)[:16]


def newest_first(at: datetime) -> str:
    """Text that sorts later instants before earlier ones."""
    return f"{_FAR - (at - _EPOCH) // _MICROSECOND:018d}"


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
