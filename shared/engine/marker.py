"""The marker file: what stands in it, and what people are told about the one that was found. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from shared.domain.items import MARKER_NAME
from shared.ledger.rows import Installation

FOR_PEOPLE = """\
The bridge between OneDrive and CELUM works in this library. Please leave this file here.

It keeps a second installation of the bridge from carrying the same files once more. It is never carried to CELUM
itself, and it comes back when it is deleted.

To hand the library over to another installation: stop the one that is named below, or take the library out of its
flows. Then delete this file. The other one writes its own within a quarter of an hour.

"""
THE_FILE = f'the file "{MARKER_NAME}" in the root of the library'
FOREIGN = (
    "the installation at {address}, of {since}, works there, so nothing is scanned or carried. "
    "To hand the library over, stop that installation or take the library out of its flows; "
    f"then delete {THE_FILE}"
)
LOST = (
    "an installation at this very address, of {since}, works there, whose ledger is not this one, so nothing is "
    "scanned or carried. Point AzureWebJobsStorage to the storage account of that ledger again; "
    f"or, to begin anew as if no file had ever been carried, delete {THE_FILE}"
)
UNREADABLE = (
    f"{THE_FILE} cannot be understood: {{why}}. It may be another installation's, so nothing is scanned or carried. "
    "Restore an earlier version of it; or, if no other installation works in the library, delete it: it comes back"
)
UNWRITTEN = (
    f"{THE_FILE} could not be written: {{why}}. Work goes on, but a second installation would not be noticed. "
    "Allow the app to write into the library"
)
MOVED = (
    "the marker names this installation at {address}. If an app still runs there on a copy of this ledger, stop it; "
    f"then delete {THE_FILE}: it is written again with the present address"
)


@dataclass(frozen=True, slots=True)
class Marker:
    """What a marker file says to other installations."""

    owner: str
    address: str
    since: datetime


def written(mine: Installation, address: str) -> bytes:
    """The file of an installation: words for people, and one line for other installations."""
    said = {"installation": mine.id, "address": address, "since": mine.since.isoformat()}
    return (FOR_PEOPLE + json.dumps(said) + "\n").encode()


def understood(data: bytes) -> Marker | None:
    """The line for installations, whatever an editor has done around it; None where there is none."""
    text = data.decode("utf-8", errors="replace")
    try:
        said = json.loads(text[text.index("{") : text.rindex("}") + 1])
        owner, address, since = said["installation"], said["address"], datetime.fromisoformat(said["since"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not (isinstance(owner, str) and owner and isinstance(address, str)):
        return None
    return Marker(owner, address, since)
