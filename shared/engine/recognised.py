"""What becomes of an asset in which a file is recognised: said once, for the transfer and for the cases of a person.

Pure. A transfer learns what each question costs a call only when it is asked; a case knows all of it at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from shared.domain.decisions import Reason
from shared.flows import OnExisting


class Course(Enum):
    """How it goes on with the asset."""

    ADOPT = auto()  # an earlier attempt of this very file made it: it is this file's own
    LINK = auto()  # the collection is added, nothing else of it changes
    LINK_AND_WRITE = auto()  # its fields too
    ADD_VERSION = auto()  # to the asset of this file
    LINK_AND_ADD_VERSION = auto()  # to somebody else's, whose fields then follow the file
    APART = auto()  # it stays as it is, and the next way is asked

    @property
    def moves_bytes(self) -> bool:
        return self in {Course.ADD_VERSION, Course.LINK_AND_ADD_VERSION}

    @property
    def is_link(self) -> bool:
        """Somebody else's asset: its name, its availability stay."""
        return self not in {Course.ADOPT, Course.ADD_VERSION}

    @property
    def writes_fields(self) -> bool:
        return self is not Course.LINK


class Question(Enum):
    """What has to be known before it can be said."""

    BARRIER = auto()
    OTHER_OWNER = auto()


@dataclass(frozen=True, slots=True)
class Hit:
    """The asset, as far as it is known. None: not asked yet."""

    is_own: bool  # it bears the key of this very file
    is_same: bool  # it holds the file's bytes
    how: str = "identity"  # it was found
    barrier: str | None = None  # why it must not be linked; empty where nothing speaks against it
    is_anothers: bool | None = None  # another file of the bridge has the say about it


@dataclass(frozen=True, slots=True)
class Stop:
    """A person has to say what is meant; `says` is what the asset is or does."""

    rule: str
    says: str

    def reason(self, asset: str) -> Reason:
        return Reason(self.rule, f"{asset} {self.says}", outside=True)


def course(existing: OnExisting, hit: Hit, accepted: str = "") -> Course | Stop | Question:
    """`accepted` is what a person has said about the present content, with `bridge accept`."""
    return _same_content(existing, hit) if hit.is_same else _other_content(existing, hit, accepted)


def _same_content(existing: OnExisting, hit: Hit) -> Course | Stop | Question:
    if hit.is_own:
        return Course.ADOPT
    if (barred := _barred(hit)) is not None:
        return barred
    match existing.same_content:
        case "hold":
            text = "has the content of this file already; see `bridge accept --as link`"
            return Stop("on_existing.same_content", text)
        case "update_fields" if hit.is_anothers is None:
            return Question.OTHER_OWNER
        case "update_fields" if not hit.is_anothers:
            return Course.LINK_AND_WRITE
        case _:
            return Course.LINK


def _other_content(existing: OnExisting, hit: Hit, accepted: str) -> Course | Stop | Question:
    match {"create": "create", "version": "add_version"}.get(accepted, existing.new_content):
        case "create":
            return Course.APART
        case "hold":
            return Stop(
                "on_existing.new_content", f"was found by {hit.how} and holds other content; see `bridge accept`"
            )
    if hit.is_own:
        return Course.ADD_VERSION
    if (barred := _barred(hit)) is not None:
        return barred
    if hit.is_anothers is None:
        return Question.OTHER_OWNER
    if hit.is_anothers:
        return Stop("identity", "is that of another file, whose content is another")
    return Course.LINK_AND_ADD_VERSION


MEND = "so somebody who manages CELUM mends that there, or `bridge accept` makes another asset"


def _barred(hit: Hit) -> Stop | Question | None:
    if hit.barrier is None:
        return Question.BARRIER
    return (
        Stop("identity", f"is this file's, but {hit.barrier}: linking would widen rights, {MEND}")
        if hit.barrier
        else None
    )


def barrier(collection: str, *, is_released: bool, is_available: bool, is_outside: bool) -> str:
    """Why an asset must not be handed on under this file's approval; empty where nothing speaks against it."""
    if not is_released:
        return "is not released"
    if not is_available:
        return "is not available now"
    return f"lies wholly outside the root of {collection}" if is_outside else ""
