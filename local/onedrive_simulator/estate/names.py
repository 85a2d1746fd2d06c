"""What OneDrive and SharePoint accept as a name and as a path."""

from __future__ import annotations

import re

from local.onedrive_simulator.problems import GraphProblem, invalid

FORBIDDEN = frozenset('"*:<>?/\\|')
PATH_CHARACTERS = 400  # the whole path, library included, must stay below
_RESERVED = re.compile(r"^(CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(\.|$)", re.IGNORECASE)


def check_name(name: str) -> None:
    """400 for a name that the service refuses."""
    reason = _trouble(name)
    if reason:
        raise invalid(f"The provided name cannot contain or be: {reason}")


def _trouble(name: str) -> str:
    if not name or name in {".", ".."}:
        return "empty"
    if bad := FORBIDDEN & set(name) or {c for c in name if ord(c) < 32}:
        return f"the characters {' '.join(sorted(bad))}"
    if "\ufffd" in name or any("\ud800" <= c <= "\udfff" for c in name):
        return "invalid UTF-8"
    if name != name.strip(" ") or name.endswith("."):
        return "a leading or trailing space or a trailing dot"
    lower = name.casefold()
    if _RESERVED.match(name) or lower in {".lock", "desktop.ini"}:
        return "a reserved name"
    if lower.startswith("~$") or "_vti_" in lower:
        return "a name that starts with ~$ or contains _vti_"
    return ""


def check_path(path: str) -> None:
    if len(path) >= PATH_CHARACTERS:
        raise GraphProblem(400, "pathIsTooLong", "The path is too long. It must be shorter than 400 characters.")


def free_name(name: str, taken: frozenset[str] | set[str]) -> str:
    """The next free of "name 1.ext", "name 2.ext" …; `taken` holds case-folded names."""
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    number = 1
    while (candidate := f"{stem} {number}{dot}{extension}").casefold() in taken:
        number += 1
    return candidate
