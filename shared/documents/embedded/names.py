"""The names a flow file uses for embedded properties, and where each is looked for.

Of one property in several places the first that is not empty counts: XMP, then IPTC, then what the format itself has
(EXIF, PDF document information, PNG texts), the order of the Metadata Working Group. Every place can also be asked for
by its own name: `dc:title`, `iptc:ObjectName`, `iptc:2:5`, `ifd:ImageDescription`, `info:Title`, `png:Title`.

| name | meaning | XMP | IPTC |
| --- | --- | --- | --- |
| `title` | short name | dc:title | 2:5 ObjectName |
| `headline` | publishable one-liner | photoshop:Headline | 2:105 Headline |
| `description` | caption | dc:description | 2:120 Caption-Abstract |
| `alt_text` | for who cannot see it | Iptc4xmpCore:AltTextAccessibility | |
| `keywords` | one or more | dc:subject | 2:25 Keywords |
| `creator` | photographer, author; one or more | dc:creator | 2:80 By-line |
| `credit` | line to print beside it | photoshop:Credit | 2:110 Credit |
| `source` | who owns or supplies it | photoshop:Source | 2:115 Source |
| `rights` | copyright notice | dc:rights | 2:116 CopyrightNotice |
| `usage_terms` | how it may be used | xmpRights:UsageTerms | |
| `web_statement` | page about the rights | xmpRights:WebStatement | |
| `licensor` | who grants rights | plus:Licensor/plus:LicensorName | |
| `expires` | last day of use | plus:LicenseEndDate | 2:37 ExpirationDate |
| `city`, `state`, `country`, `country_code` | place | photoshop:City … | 2:90, 2:95, 2:101, 2:100 |
| `location` | place within the city | Iptc4xmpCore:Location | 2:92 Sub-location |
| `instructions` | from the supplier | photoshop:Instructions | 2:40 SpecialInstructions |
| `job` | number of the order | photoshop:TransmissionReference | 2:103 OriginalTransmissionReference |
| `language` | of the content | dc:language | |
| `rating` | stars | xmp:Rating | |
| `created` | when it was made, as ISO 8601 | photoshop:DateCreated, xmp:CreateDate | 2:55 and 2:60 |
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACE_CREATED = "Iptc4xmpExt:LocationCreated/Iptc4xmpExt:"

SOURCES: Mapping[str, tuple[str, ...]] = {
    "title": ("dc:title", "iptc:ObjectName", "ifd:XPTitle", "info:Title", "png:Title"),
    "headline": ("photoshop:Headline", "iptc:Headline"),
    "description": (
        "dc:description", "iptc:Caption-Abstract", "ifd:ImageDescription", "info:Subject", "png:Description",
    ),
    "alt_text": ("Iptc4xmpCore:AltTextAccessibility",),
    "keywords": ("dc:subject", "iptc:Keywords", "ifd:XPKeywords", "pdf:Keywords", "info:Keywords"),
    "creator": ("dc:creator", "iptc:By-line", "ifd:Artist", "ifd:XPAuthor", "info:Author", "png:Author"),
    "credit": ("photoshop:Credit", "iptc:Credit"),
    "source": ("photoshop:Source", "iptc:Source"),
    "rights": ("dc:rights", "iptc:CopyrightNotice", "ifd:Copyright", "png:Copyright"),
    "usage_terms": ("xmpRights:UsageTerms",),
    "web_statement": ("xmpRights:WebStatement",),
    "licensor": ("plus:Licensor/plus:LicensorName",),
    "expires": ("plus:LicenseEndDate", "prism:expirationDate", "iptc:ExpirationDate"),
    "location": ("Iptc4xmpCore:Location", f"{PLACE_CREATED}Sublocation", "iptc:Sub-location"),
    "city": ("photoshop:City", f"{PLACE_CREATED}City", "iptc:City"),
    "state": ("photoshop:State", f"{PLACE_CREATED}ProvinceState", "iptc:Province-State"),
    "country": ("photoshop:Country", f"{PLACE_CREATED}CountryName", "iptc:Country-PrimaryLocationName"),
    "country_code": (
        "Iptc4xmpCore:CountryCode", f"{PLACE_CREATED}CountryCode", "iptc:Country-PrimaryLocationCode",
    ),
    "instructions": ("photoshop:Instructions", "iptc:SpecialInstructions"),
    "job": ("photoshop:TransmissionReference", "iptc:OriginalTransmissionReference"),
    "language": ("dc:language",),
    "rating": ("xmp:Rating",),
    "created": (
        "photoshop:DateCreated", "iptc:DateCreated", "exif:DateTimeOriginal", "ifd:DateTimeOriginal",
        "xmp:CreateDate", "info:CreationDate", "png:Creation Time",
    ),
}  # fmt: skip

_IN_ONE_TEXT = {"ifd:XPKeywords", "pdf:Keywords", "info:Keywords"}  # where a format has one text for all keywords
_DATES = {"created", "expires"}
_BETWEEN_KEYWORDS = re.compile(r"[;,\n]")
_DATE = re.compile(
    r"(?:D:)?(\d{4})(?:[-:]?(\d{2})(?:[-:]?(\d{2})(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2}))?(?:\.\d+)?"
    r"((?:Z|[+-])(?:\d{2}(?:[:']?\d{2})?)?)?'?)?)?)?"
)


def named(raw: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The properties by the names of the table."""
    found: dict[str, tuple[str, ...]] = {}
    for name, sources in SOURCES.items():
        source = next((source for source in sources if raw.get(source)), None)
        if source is None:
            continue
        values = raw[source]
        if name in _DATES:
            values = (_date(source, raw),)
        elif source in _IN_ONE_TEXT:
            values = tuple(part.strip() for text in values for part in _BETWEEN_KEYWORDS.split(text) if part.strip())
        if values:
            found[name] = values
    return found


def _date(source: str, raw: Mapping[str, tuple[str, ...]]) -> str:
    """One of the ways to write a date, as ISO 8601; as it stands when it is none of them."""
    text = raw[source][0]
    if source == "iptc:DateCreated" and raw.get("iptc:TimeCreated"):
        text += raw["iptc:TimeCreated"][0]
    if source == "ifd:DateTimeOriginal" and raw.get("ifd:OffsetTimeOriginal"):
        text += raw["ifd:OffsetTimeOriginal"][0]
    match = _DATE.fullmatch(text)
    if match is None:
        return text
    year, month, day, hour, minute, second, zone = match.groups()
    date = "-".join(part for part in (year, month, day) if part)
    if hour is None:
        return date
    return f"{date}T{hour}:{minute}:{second or '00'}{_zone(zone)}"


def _zone(zone: str | None) -> str:
    digits = (zone or "")[1:].replace(":", "").replace("'", "")
    if not zone or zone[0] == "Z" or not digits:
        return (zone or "")[:1].replace("+", "").replace("-", "")
    return f"{zone[0]}{digits[:2]}:{digits[2:] or '00'}"
