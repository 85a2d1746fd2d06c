"""The crash points that the catalogue names, one test each; `make faults` goes through all there are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from local.azurite import Azurite
from tests.faults.running import difference_after, one
from tests.faults.scenario import Outcome
from tests.kit.wire import Fault, Ill

NEW, EDIT, HELD = "a_new_file", "an_edit_approved_again", "held_and_released"
DELTA, ITEM, BYTES = r"onedrive: GET .*/delta", r"onedrive: GET .*/items/…$", r"onedrive: GET .*download\.aspx"
HANDLE, UPLOAD = r"celum: POST .*/v1/upload$", r"celum: POST /upload/"
SEARCH, CREATE, VERSION = r"celum: POST .*/assets/search", r"celum: POST .*/v1/assets$", r"celum: POST .*/versions$"
COMPLETE, COLUMNS = r"celum: PATCH .*/assets/", r"onedrive: PATCH .*/fields"
CURSOR, LINK, WATCH = r"table: P.*'cursor'", r"table: P.*'link'", r"table: DELETE .*\|watch\|"
EVIDENCE = r"table: PUT .*evidence"
JOURNAL = r"table: PUT .*'campaign-masters\|…\|…',RowKey='…'\)"
TO_DECIDE, TO_TRANSFER = r"queue: POST .*decide", r"queue: POST .*transfer"


@dataclass(frozen=True)
class Point:
    """The call that is struck: the first like `call`, or the last one like it before the first like `before`."""

    ill: Ill
    call: str
    before: str = ""
    scenario: str = NEW

    def fault(self, calls: Sequence[str]) -> Fault:
        """Counted among its like: a busy machine makes a call more or less of other kinds."""
        end = _first(self.before, calls) if self.before else len(calls)
        like = [call for call in calls[:end] if re.match(self.call, call)]
        assert like, f"no call like {self.call} in {self.scenario}"
        return Fault(len(like) - 1 if self.before else 0, self.ill, self.call)


def _first(pattern: str, calls: Sequence[str]) -> int:
    return next(number for number, call in enumerate(calls) if re.match(pattern, call))


POINTS = {
    "H1 page read, nothing recorded": Point(Ill.KILLED_AFTER, DELTA),
    "C16 H2 items recorded, the delta link not": Point(Ill.KILLED_BEFORE, CURSOR),
    "C19 a page is refused for a moment": Point(Ill.TOO_MANY, DELTA),
    "C20 a page is cut in its body": Point(Ill.CUT, DELTA),
    "due, its message not sent": Point(Ill.KILLED_BEFORE, TO_DECIDE),
    "H3 F8 message sent, nobody knows": Point(Ill.KILLED_AFTER, TO_TRANSFER),
    "H4 item read again, nothing begun": Point(Ill.KILLED_AFTER, ITEM, before=HANDLE),
    "H5 E5 half of the bytes came": Point(Ill.CUT, BYTES, before=UPLOAD),
    "E15 F9 killed as the bytes come": Point(Ill.KILLED_AFTER, BYTES, before=UPLOAD),
    "H8 a handle, no bytes yet": Point(Ill.KILLED_AFTER, HANDLE),
    "H9 killed before the bytes are taken": Point(Ill.KILLED_BEFORE, UPLOAD),
    "G20 H6 all bytes sent, nothing noted": Point(Ill.KILLED_AFTER, UPLOAD),
    "G21 bytes sent, answer lost": Point(Ill.LOST, UPLOAD),
    "H10 bytes sent and noted": Point(Ill.KILLED_AFTER, LINK, before=SEARCH),
    "H7 searched, nothing created": Point(Ill.KILLED_AFTER, SEARCH, before=CREATE),
    "G24 G31 H11 created, answer lost": Point(Ill.LOST, CREATE),
    "H13 created, not noted": Point(Ill.KILLED_AFTER, CREATE),
    "G40 H12 version added, answer lost": Point(Ill.LOST, VERSION, scenario=EDIT),
    "H12 version added, not noted": Point(Ill.KILLED_AFTER, VERSION, scenario=EDIT),
    "H14 created, not completed": Point(Ill.KILLED_BEFORE, COMPLETE),
    "G45 completed, answer lost": Point(Ill.LOST, COMPLETE),
    "H17 columns written, not noted": Point(Ill.KILLED_AFTER, COLUMNS),
    "evidence given, not settled": Point(Ill.KILLED_AFTER, EVIDENCE),
    "journalled as settled, not closed": Point(Ill.KILLED_BEFORE, LINK, before=WATCH),
    "H18 done, the message still there": Point(Ill.KILLED_AFTER, LINK, before=WATCH),
    "held, not journalled": Point(Ill.KILLED_BEFORE, JOURNAL, scenario=HELD),
    "held and journalled, nobody knows": Point(Ill.KILLED_AFTER, JOURNAL, scenario=HELD),
    "F10 H35 the row itself cannot be written": Point(Ill.BUSY, LINK, before=WATCH),
}
_CALM: dict[str, Outcome] = {}


async def calm(azurite: Azurite, scenario: str) -> Outcome:
    if scenario not in _CALM:
        _CALM[scenario] = await one(azurite, scenario, f"calm points {scenario}", None)
    return _CALM[scenario]


@pytest.mark.faults
@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
async def test_the_world_ends_as_if_nothing_had_happened(azurite: Azurite, point: Point) -> None:
    undisturbed = await calm(azurite, point.scenario)
    fault = point.fault(undisturbed.calls)

    assert not await difference_after(azurite, point.scenario, fault, undisturbed, point.call)
