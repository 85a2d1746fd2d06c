"""Reads a JSON body member by member; whatever does not fit is refused with the argument's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from local.celum_simulator.clock import parsed
from local.celum_simulator.refusals import Json, bad_argument


def is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON object; `place` is where it stands in the whole body, for the faults."""

    members: Json
    place: str = ""
    strict: bool = True

    @classmethod
    def of(cls, data: object, place: str, *, strict: bool = True) -> Body:
        if not isinstance(data, dict):
            raise bad_argument(place or "body", "must be an object")
        return cls(data, f"{place}." if place else "", strict)

    def at(self, name: str) -> str:
        return f"{self.place}{name}"

    def only(self, *names: str, null: str = "") -> None:
        """No other members than these; and none but `null` that is null: a member without a value is left out."""
        if not self.strict:
            return
        unknown = sorted(set(self.members) - set(names))
        if unknown:
            raise bad_argument(self.at(unknown[0]), "unknown member")
        for name, value in self.members.items():
            if value is None and name != null:
                raise bad_argument(self.at(name), "must not be null", code="missing")

    def has(self, name: str) -> bool:
        return self.members.get(name) is not None

    def _get(self, name: str, what: str, fits: Callable[[object], bool]) -> object:
        value = self.members.get(name)
        if value is None:
            raise bad_argument(self.at(name), "must not be null", code="missing")
        if not fits(value):
            raise bad_argument(self.at(name), f"must be {what}")
        return value

    def text(self, name: str) -> str:
        value = self._get(name, "a text", lambda v: isinstance(v, str))
        assert isinstance(value, str)
        return value

    def text_or_none(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def integer(self, name: str) -> int:
        value = self._get(name, "an integer", is_int)
        assert isinstance(value, int)
        return value

    def integer_or_none(self, name: str) -> int | None:
        return self.integer(name) if self.has(name) else None

    def number(self, name: str) -> float:
        value = self._get(name, "a number", lambda v: is_int(v) or isinstance(v, float))
        assert isinstance(value, int | float)
        return value

    def number_or_none(self, name: str) -> float | None:
        return self.number(name) if self.has(name) else None

    def boolean(self, name: str, *, default: bool | None = None) -> bool:
        if default is not None and not self.has(name):
            return default
        value = self._get(name, "true or false", lambda v: isinstance(v, bool))
        assert isinstance(value, bool)
        return value

    def instant(self, name: str) -> datetime:
        text = self.text(name)
        try:
            return parsed(text)
        except ValueError:
            raise bad_argument(self.at(name), "must be an ISO 8601 date-time with a zone") from None

    def instant_or_none(self, name: str) -> datetime | None:
        return self.instant(name) if self.has(name) else None

    def choice(self, name: str, allowed: tuple[str, ...], *, default: str | None = None) -> str:
        if default is not None and not self.has(name):
            return default
        text = self.text(name)
        if text not in allowed:
            raise bad_argument(self.at(name), f"must be one of {', '.join(allowed)}")
        return text

    def _list(self, name: str) -> list[object]:
        value = self._get(name, "a list", lambda v: isinstance(v, list))
        assert isinstance(value, list)
        return value

    def integers(self, name: str, *, optional: bool = False) -> list[int]:
        if optional and not self.has(name):
            return []
        values = self._list(name)
        if not all(is_int(v) for v in values):
            raise bad_argument(self.at(name), "must be a list of integers")
        return [v for v in values if isinstance(v, int)]

    def texts(self, name: str, *, optional: bool = False) -> list[str]:
        if optional and not self.has(name):
            return []
        values = self._list(name)
        if not all(isinstance(v, str) for v in values):
            raise bad_argument(self.at(name), "must be a list of texts")
        return [v for v in values if isinstance(v, str)]

    def body(self, name: str) -> Body:
        value = self._get(name, "an object", lambda v: isinstance(v, dict))
        return Body.of(value, self.at(name), strict=self.strict)

    def bodies(self, name: str, *, optional: bool = False) -> list[Body]:
        if optional and not self.has(name):
            return []
        return [Body.of(v, f"{self.at(name)}[{i}]", strict=self.strict) for i, v in enumerate(self._list(name))]

    def locale_texts(self, name: str) -> dict[str, str]:
        value = self._get(name, "a map of locale to text", lambda v: isinstance(v, dict))
        assert isinstance(value, dict)
        if not value or not all(isinstance(v, str) and v for v in value.values()):
            raise bad_argument(self.at(name), "must be a map of locale to text")
        return {str(k): str(v) for k, v in value.items()}
