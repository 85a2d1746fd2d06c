"""How the API says no: a status, a code, a message, and the faults that name what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

type Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Reason:
    """One entry of `faults`."""

    type: Literal["GENERIC", "INFORMATION_FIELD", "LOCALIZED_ARGUMENT", "ARGUMENT"]
    code: str
    message: str
    field_id: int | None = None
    argument: str | None = None
    locale: str | None = None

    def json(self) -> Json:
        out: Json = {"type": self.type, "code": self.code, "message": self.message}
        if self.field_id is not None:
            out["informationFieldId"] = self.field_id
        if self.argument is not None:
            out["argument"] = self.argument
        if self.locale is not None:
            out["locale"] = self.locale
        return out


class Refusal(Exception):
    """An answer other than 2xx."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        reasons: Iterable[Reason] = (),
        entity: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.reasons = tuple(reasons)
        self.entity = entity
        self.headers = dict(headers or {})

    def json(self) -> Json:
        out: Json = {"code": self.code, "message": self.message}
        if self.reasons:
            out["faults"] = [reason.json() for reason in self.reasons]
        if self.entity is not None:
            out["entity"] = self.entity
        return out


def bad_argument(argument: str, message: str, *, code: str = "invalidArgument", status: int = 400) -> Refusal:
    reason = Reason("ARGUMENT", code, message, argument=argument)
    return Refusal(status, "validationFailed", f"{argument}: {message}", reasons=[reason])


def bad_fields(reasons: Iterable[Reason]) -> Refusal:
    return Refusal(400, "validationFailed", "information field values are not valid", reasons=reasons)


def field_reason(field_id: int, message: str, *, code: str = "invalidValue") -> Reason:
    return Reason("INFORMATION_FIELD", code, message, field_id=field_id)
