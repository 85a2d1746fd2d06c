"""What people, time and two odd services may do, as steps of a history that Hypothesis draws and shrinks.

A step names a file by a number, taken modulo the files that are there, so that every history can be played, also when
steps are left out of it. A step that makes no sense where it comes does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

SPRING, SUMMER, WINTER = (f"/Campaigns/{name}/Approved" for name in ("Spring-26", "Summer-26", "Winter-26"))
FOLDERS = (SPRING, SUMMER, f"{SPRING}/set", "/Campaigns/Spring-26/Working", WINTER)  # CELUM has no place for Winter
WHOLE = (f"{SPRING}/set", SPRING, "/Campaigns/Summer-26")  # folders that are moved, renamed and deleted as a whole
NAMES = ("One.pdf", "Two.docx", "Three.pdf", "Four_draft.pdf")
COLUMNS: Mapping[str, tuple[str | None, ...]] = {
    "UsageRights": (None, "web", "print"),
    "Market": (None, "NO", "DE"),
    "Title": (None, "A title"),
}


@dataclass(frozen=True, slots=True)
class Put:
    """A file appears, or is saved anew. Ready: its columns are filled, the approval last."""

    folder: str
    name: str
    content: int
    ready: bool


@dataclass(frozen=True, slots=True)
class Edit:
    file: int
    content: int


@dataclass(frozen=True, slots=True)
class Status:
    """The approval, given or taken back. Anew: taken back first."""

    file: int
    value: str
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Fill:
    file: int
    column: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Rename:
    file: int
    name: str


@dataclass(frozen=True, slots=True)
class Move:
    file: int
    folder: str


@dataclass(frozen=True, slots=True)
class MoveFolder:
    """Under another parent, or back home when it is not there."""

    folder: str
    to: str


@dataclass(frozen=True, slots=True)
class RenameFolder:
    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class Delete:
    file: int


@dataclass(frozen=True, slots=True)
class DeleteFolder:
    folder: str


@dataclass(frozen=True, slots=True)
class Restore:
    deletion: int


@dataclass(frozen=True, slots=True)
class Copy:
    """With its columns, as SharePoint copies."""

    file: int
    folder: str


@dataclass(frozen=True, slots=True)
class Resave:
    """Deleted and created anew at the same place, as some programs save."""

    file: int
    content: int


@dataclass(frozen=True, slots=True)
class Lock:
    """Somebody has the file open, or closes all."""

    file: int | None


@dataclass(frozen=True, slots=True)
class Pause:
    """The flow, by a person; or resumes it."""

    resume: bool


@dataclass(frozen=True, slots=True)
class Pass:
    """Time passes without anything being delivered."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """So many things happen in the app, then people go on."""

    steps: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Everything comes to rest, and is looked at."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day passes, with what the daily timers do."""


@dataclass(frozen=True, slots=True)
class Resync:
    """Graph forgets every delta link."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One of the next requests to a system goes wrong; `skip` are well before it."""

    system: str
    kind: str
    skip: int


@dataclass(frozen=True, slots=True)
class During:
    """A person acts while the app is in the middle of its work: after so many requests to CELUM."""

    requests: int
    act: Act


type Act = (
    Put
    | Edit
    | Status
    | Fill
    | Rename
    | Move
    | MoveFolder
    | RenameFolder
    | Delete
    | DeleteFolder
    | Restore
    | Copy
    | Resave
)
type Step = Act | Lock | Pause | Pass | Deliver | Rest | Day | Resync | Trouble | During

files = st.integers(0, 5)
contents = st.integers(0, 3)
folders = st.sampled_from(FOLDERS)
names = st.sampled_from(NAMES)

acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(Put, folders, names, contents, st.just(True)),
    st.builds(Put, st.sampled_from(FOLDERS[:3]), names, contents, st.booleans()),
    st.builds(Edit, files, contents),
    st.builds(Status, files, st.just("Approved"), st.booleans()),
    st.builds(Status, files, st.sampled_from(("Draft", "Approved"))),
    st.sampled_from(sorted(COLUMNS)).flatmap(
        lambda column: st.builds(Fill, files, st.just(column), st.sampled_from(COLUMNS[column]))
    ),
    st.builds(Rename, files, names),
    st.builds(Move, files, folders),
    st.builds(MoveFolder, st.sampled_from(WHOLE), st.sampled_from((SPRING, SUMMER, "/Elsewhere"))),
    st.builds(
        RenameFolder, st.sampled_from(WHOLE), st.sampled_from(("set", "Approved", "other", "Summer-26", "Winter-26"))
    ),
    st.builds(Delete, files),
    st.builds(DeleteFolder, st.sampled_from(WHOLE)),
    st.builds(Restore, files),
    st.builds(Copy, files, folders),
    st.builds(Resave, files, contents),
)
troubles = st.builds(
    Trouble,
    st.sampled_from(("onedrive", "celum")),
    st.sampled_from(("reset", "lost", "429", "503", "500", "cut")),
    st.integers(0, 12),
)
steps: st.SearchStrategy[Step] = st.one_of(
    acts,
    acts,
    acts,
    st.builds(During, st.integers(0, 12), acts),
    st.builds(Deliver, st.integers(1, 12)),
    st.just(Rest()),
    st.builds(Pass, st.sampled_from((30, 119, 3600))),
    st.builds(Pause, st.booleans()),
    st.builds(Lock, st.one_of(st.none(), files)),
    troubles,
    st.just(Day()),
    st.just(Resync()),
)

ONEDRIVE_QUIRKS: Mapping[str, tuple[object, ...]] = {
    "delta_page_size": (1, 2, 3),
    "delta_repeats_unchanged": (True,),
    "delta_empty_page": (True,),
    "delta_duplicates": (True,),
    "delta_with_ctag": (True,),
    "delta_with_path": (True,),
    "delta_tombstones_keep_name": (True,),
    "notifications_lost": (True,),
    "notifications_doubled": (True,),
    "notifications_batched": (True,),
    "notifications_delay_seconds": (90.0,),
    "download_url_seconds": (1,),
    "range_ignored": (True,),
    "hash_missing": (True,),
    "rewrites_after_column_write": (True,),
    "rewrite_after_seconds": (5.0, 300.0),
    "rewrite_by": ("application", "SharePoint App"),
    "rewrite_makes_version": (True,),
    "etag_changes_later": ("never", "always"),
    "ctag_changes_on_rename": (True,),
    "ctag_kept_on_restore": (True,),
}
CELUM_QUIRKS: Mapping[str, tuple[object, ...]] = {
    "missing_id_status": (403, 404),
    "upload_status": (201,),
    "checksum": ("md5", "sha256", "none"),
    "add_version_activates": (False,),
    "version_ids": ("global",),
    "date_style": ("iso", "offset", "epoch_ms"),
    "single_get_includes": ("fields",),
    "max_page_size": (1,),
    "index_lag": (20.0, 90.0),
    "handle_single_use": (False,),
    "inherit_fields": (True,),
    "empty_content": ("absent",),
    "extra_members": (True,),
    "unknown_members": ("ignore",),
    "throttle_next": (1, 5),
    "retry_after": ("1", "600"),
}


def quirks(of: Mapping[str, tuple[object, ...]]) -> st.SearchStrategy[dict[str, object]]:
    """A few at a time."""
    return st.lists(st.sampled_from(sorted(of)), max_size=3, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: st.sampled_from(of[name]) for name in chosen})
    )


beginnings = st.builds(Put, st.sampled_from(FOLDERS[:3]), st.sampled_from(NAMES[:3]), contents, st.just(True))


def many(count: int) -> st.SearchStrategy[list[Step]]:
    """Left to itself, Hypothesis draws short lists."""
    return st.lists(steps, min_size=count, max_size=count)


@dataclass(frozen=True, slots=True)
class History:
    onedrive: Mapping[str, object]
    celum: Mapping[str, object]
    steps: tuple[Step, ...]


histories = st.builds(
    History,
    quirks(ONEDRIVE_QUIRKS),
    quirks(CELUM_QUIRKS),
    st.tuples(st.lists(beginnings, max_size=3), st.integers(0, 25).flatmap(many)).map(
        lambda both: (*both[0], *both[1])
    ),
)
