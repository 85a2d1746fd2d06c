"""Which names OneDrive takes for files and folders."""

from __future__ import annotations

import re

FORBIDDEN = '"*:<>?/\\|'
NOT_FIRST, NOT_LAST = " ~", " ."
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)|(?:\.lock|desktop\.ini)$", re.IGNORECASE)
VTI = re.compile(r"_(?=vti_)", re.IGNORECASE)


def why_illegal(name: str) -> str:
    """What OneDrive has against the name, as the end of a sentence; empty where it takes it as it is."""
    for char in name:
        if char in FORBIDDEN:
            return f"OneDrive takes no {char} in names"
        if char < " " or char in "\x7f\ufffd" or "\ud800" <= char <= "\udfff":
            return "OneDrive takes no control characters in names"
    if not name:
        return "a name is not empty"
    if name[0] in NOT_FIRST or name[-1] in NOT_LAST:
        char = name[0] if name[0] in NOT_FIRST else name[-1]
        return f'OneDrive takes no name that {"begins" if name[0] in NOT_FIRST else "ends"} with "{char}"'
    if RESERVED.match(name) or VTI.search(name):
        return f'OneDrive keeps the name "{name}" to itself'
    return ""
