"""Every error of the bridge, in one tree. Adapters translate what a system answered in exactly one place.

BridgeError
├── SettingsProblem            app settings missing or wrong, all of them at once
├── FlowFileProblem            the flow file cannot be used; carries every problem with its place
├── RemoteError                a call to OneDrive (Graph) or CELUM did not do what was asked
│   ├── Throttled              429, or 503 with or without Retry-After: pause this system
│   ├── Unavailable            5xx, reset, time-out, broken body: the outcome is unknown, probe before repeating
│   ├── NotAuthorised          401: the credential is not accepted; stop calls, keep all work
│   ├── Forbidden              403: a right is missing; hold what needs it
│   ├── Missing                404, 410, or CELUM's "missing or not accessible entity"
│   ├── SessionGone            OneDrive: an upload session is over; begin a new one at byte 0
│   ├── Refused                400, 413, 422 …: this request will never do; carries the faults
│   ├── Conflict               409, 412: somebody else was quicker; read again
│   │   ├── NameTaken          OneDrive: an item of this name stands in the folder already
│   │   └── ItemChanged        OneDrive 412: the item is no longer the one that If-Match named
│   └── Locked                 423, or a write refused while a lock stands
├── CursorExpired              delta 410: enumerate anew from `location`, or from nothing
├── ContentProblem             the bytes cannot be trusted or had
│   ├── SourceChanged          the file changed while it was read
│   ├── ContentMismatch        hash or size differ from what was announced
│   ├── Malware                the source system refuses to hand out the file
│   ├── UnsafeContent          a file that would harm whoever reads it: bombs, lying sizes (shared/documents)
│   │   └── UnsafeArchive      likewise, of a package
│   ├── Protected              encrypted, by a password or by rights management (shared/documents)
│   └── NoOfficeFile           something else under the name of an Office document (shared/documents)
├── HostNotAllowed             a URL from outside names a host that is not on the list
├── NameProblem                a name of the flow file is unknown or ambiguous in the live system
├── ValueDoesNotFit            a value does not fit the information field or column it is meant for
├── LedgerConflict             a conditional write lost against another writer
├── LedgerUnavailable          storage did not answer: the run fails, and its message comes again
└── LedgerUnreadable           a row that this release does not understand
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class System(StrEnum):
    ONEDRIVE = "OneDrive"
    CELUM = "CELUM"


class BridgeError(Exception):
    """Base of all errors of the bridge; its text is meant for people."""


class SettingsProblem(BridgeError):
    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("app settings: " + "; ".join(problems))


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file: where it is, what is wrong, and what was probably meant."""

    file: str
    line: int
    column: int
    text: str
    suggestion: str | None = None

    def __str__(self) -> str:
        hint = f" {self.suggestion}" if self.suggestion else ""
        return f"{self.file}:{self.line}:{self.column} {self.text}{hint}"


class FlowFileProblem(BridgeError):
    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed validation that a system reported; `field` is an information field id, `argument` a member name."""

    message: str
    code: str = ""
    field: int | None = None
    argument: str | None = None
    locale: str | None = None


class RemoteError(BridgeError):
    """What was attempted (`operation`, e.g. "add a version to asset 4711"), on which system, and what came back."""

    def __init__(
        self, system: System, operation: str, came_back: str, *, status: int | None = None, code: str = ""
    ) -> None:
        self.system = system
        self.operation = operation
        self.came_back = came_back
        self.status = status
        self.code = code
        super().__init__(f"{system}: could not {operation}: {came_back}")


class Throttled(RemoteError):
    """`retry_after` in seconds: the larger of Retry-After and RateLimit-Reset; None = the system did not say."""

    def __init__(
        self, system: System, operation: str, came_back: str, *, status: int, retry_after: float | None
    ) -> None:
        super().__init__(system, operation, came_back, status=status)
        self.retry_after = retry_after


class Unavailable(RemoteError):
    """The request may or may not have taken effect."""


class NotAuthorised(RemoteError):
    pass


class Forbidden(RemoteError):
    pass


class Missing(RemoteError):
    pass


class SessionGone(RemoteError):
    pass


class Refused(RemoteError):
    def __init__(
        self,
        system: System,
        operation: str,
        came_back: str,
        *,
        status: int,
        code: str = "",
        faults: tuple[Fault, ...] = (),
        entity: str | None = None,
    ) -> None:
        super().__init__(system, operation, came_back, status=status, code=code)
        self.faults = faults
        self.entity = entity


class Conflict(RemoteError):
    pass


class NameTaken(Conflict):
    pass


class ItemChanged(Conflict):
    pass


class Locked(RemoteError):
    pass


class CursorExpired(BridgeError):
    def __init__(self, location: str | None) -> None:
        self.location = location
        super().__init__("OneDrive: the delta link has expired; the drive must be enumerated anew")


class ContentProblem(BridgeError):
    pass


class SourceChanged(ContentProblem):
    pass


class ContentMismatch(ContentProblem):
    pass


class Malware(ContentProblem):
    pass


class HostNotAllowed(BridgeError):
    def __init__(self, host: str, setting: str) -> None:
        self.host = host
        super().__init__(f"refused to follow a URL to {host}: add the host to the app setting {setting} if it is right")


class NameProblem(BridgeError):
    """`kind` is what was looked for (collection, asset type, information field, option, site, library, column)."""

    def __init__(self, kind: str, name: str, *, candidates: tuple[str, ...] = (), ambiguous: bool = False) -> None:
        self.kind = kind
        self.name = name
        self.candidates = candidates
        self.ambiguous = ambiguous
        what = f'the {kind} "{name}" is ambiguous' if ambiguous else f'there is no {kind} "{name}"'
        hint = f"; candidates: {', '.join(candidates)}" if candidates else ""
        super().__init__(what + hint)


class ValueDoesNotFit(BridgeError):
    def __init__(self, field: str, value: str, accepted: str) -> None:
        self.field = field
        self.value = value
        self.accepted = accepted
        super().__init__(f'{field}: "{value}" does not fit; accepted: {accepted}')


class LedgerConflict(BridgeError):
    pass


class LedgerUnavailable(BridgeError):
    """Storage did not answer as it should; whether a write took effect is unknown."""


class LedgerUnreadable(BridgeError):
    """A row holds what this release does not understand: a newer one wrote it, or it is damaged."""


def let_go(error: BaseException | None) -> None:
    """Drop the frames of an error that is dealt with, and of those behind it.

    A broken body and its error refer to each other by them, so what it had buffered would wait for the collector.
    """
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
