"""Patterns over paths and names, case-insensitive and in NFC as OneDrive compares them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_CAPTURE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BRACES = re.compile(r"[{}]")


class PatternProblem(ValueError):
    """What is wrong with a pattern, in words for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A pattern of whole segments from the library's root: `*`, `{capture}` and `**`."""

    text: str
    captures: tuple[str, ...]
    fixed_prefix: str  # the folder below which every match lies: "/Campaigns", or "/"

    def match(self, path: str) -> dict[str, str] | None:
        found = _path_expression(self.text).fullmatch(nfc(path))
        return None if found is None else found.groupdict()

    def root_for(self, bound: Mapping[str, str]) -> str:
        """The folder below which every match lies that captures these values."""
        root: list[str] = []
        for segment in self.text[1:].split("/")[:-1]:
            known = _known(segment, bound)
            if known is None:
                break
            root.append(known)
        return "/" + "/".join(root)

    def reaches(self, folder: str, bound: Mapping[str, str]) -> bool:
        """Whether a match that captures these values may lie below the folder."""
        segments = self.text[1:].split("/")
        for name in [part for part in nfc(folder).split("/") if part]:
            if segments[0] == "**":
                return True
            if len(segments) == 1 or not _fits(segments[0], name, bound):
                return False
            segments = segments[1:]
        return True


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern over a file's name: `*`, and `{capture}` for the fewest characters that fit, at least one."""

    text: str
    captures: tuple[str, ...] = ()

    def match(self, name: str) -> dict[str, str] | None:
        found = _name_expression(self.text).fullmatch(nfc(name))
        return None if found is None else found.groupdict()


def path_pattern(text: str) -> PathPattern:
    if not text.startswith("/"):
        raise PatternProblem("must begin with / (the library's root)")
    segments = nfc(text)[1:].split("/")
    for segment in segments:
        _check_segment(segment)
    fixed: list[str] = []
    for segment in segments[:-1]:
        if "*" in segment or "{" in segment:
            break
        fixed.append(segment)
    return PathPattern(nfc(text), _captures(text), "/" + "/".join(fixed))


def name_pattern(text: str) -> NamePattern:
    if "/" in text:
        raise PatternProblem("is matched against the name alone, so it cannot hold /")
    if _BRACES.search(_CAPTURE.sub("", text)):
        raise PatternProblem("has a brace that names no capture; write {word}")
    return NamePattern(nfc(text), _captures(text))


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _known(segment: str, bound: Mapping[str, str]) -> str | None:
    """The name that a segment of a pattern stands for, where there is only one."""
    if capture := _CAPTURE.fullmatch(segment):
        return bound.get(capture[1])
    return None if "*" in segment else segment


def _fits(segment: str, name: str, bound: Mapping[str, str]) -> bool:
    known = _known(segment, bound)
    if known is not None:
        return nfc(known).casefold() == name.casefold()
    return _CAPTURE.fullmatch(segment) is not None or _name_expression(segment).fullmatch(name) is not None


def _check_segment(segment: str) -> None:
    if segment in {"", ".", ".."}:
        raise PatternProblem("has an empty segment, or . or ..")
    if "**" in segment and segment != "**":
        raise PatternProblem(f'has "{segment}"; ** must be a whole segment')
    if _BRACES.search(segment) and not _CAPTURE.fullmatch(segment):
        raise PatternProblem(f'has "{segment}"; a capture must be a whole segment, such as {{campaign}}')


def _captures(text: str) -> tuple[str, ...]:
    names = _CAPTURE.findall(text)
    for name in names:
        if names.count(name) > 1:
            raise PatternProblem(f"captures {{{name}}} twice")
    return tuple(names)


@lru_cache(maxsize=256)
def _path_expression(text: str) -> re.Pattern[str]:
    parts: list[str] = []
    for segment in text[1:].split("/"):
        if segment == "**":
            parts.append(r"(?:/[^/]+)*")
        elif capture := _CAPTURE.fullmatch(segment):
            parts.append(rf"/(?P<{capture[1]}>[^/]+)")
        else:
            parts.append("/" + r"[^/]*".join(re.escape(part) for part in segment.split("*")))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=256)
def _name_expression(text: str) -> re.Pattern[str]:
    parts: list[str] = []
    for piece in re.split(r"(\{[a-z][a-z0-9_]*\}|\*)", text):
        if capture := _CAPTURE.fullmatch(piece):
            parts.append(f"(?P<{capture[1]}>.+?)")
        else:
            parts.append(".*" if piece == "*" else re.escape(piece))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
