"""Checks values against schemas of the document and says where and why one does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.contract.document import Document

HOME = "contract:/document"
LONGEST_MESSAGE = 300

FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value: object) -> bool:
    """With a zone; `+0000` is what some servers write for UTC, and no RFC 3339."""
    if not isinstance(value, str):
        return True
    return "T" in value and datetime.fromisoformat(value).tzinfo is not None and not value.endswith("+0000")


class Schemas:
    def __init__(self, document: Document) -> None:
        self._document = document
        resource = DRAFT202012.create_resource(document.root)
        self._registry: Registry[Any] = Registry().with_resource(HOME, resource)
        self._validators: dict[str, Draft202012Validator] = {}

    def check(self, place: str, schema: str, value: Any) -> Iterator[tuple[str, str]]:
        for error in self._validator(schema).iter_errors(value):
            for leaf in leaves(error):
                at = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in leaf.absolute_path)
                yield f"{place}{f' at {at.lstrip(".")}' if at else ''}", shortened(leaf.message)

    def parameter(self, place: str, schema: str, texts: list[str]) -> Iterator[tuple[str, str]]:
        """A parameter's text, read as what its schema says it is."""
        node = self._document.at(self._document.follow(schema))
        if node.get("type") == "array":
            items = self._document.at(self._document.follow(f"{schema}/items")) if "items" in node else {}
            value: Any = [read(items.get("type"), text) for text in texts]
        else:
            value = read(node.get("type"), texts[0])
        yield from self.check(place, schema, value)

    def _validator(self, schema: str) -> Draft202012Validator:
        if schema not in self._validators:
            reference = {"$ref": f"{HOME}#{schema}"}
            found = Draft202012Validator(reference, registry=self._registry, format_checker=FORMATS)
            self._validators[schema] = found
        return self._validators[schema]


def read(kind: object, text: str) -> Any:
    if kind == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    if kind == "number":
        try:
            return float(text)
        except ValueError:
            return text
    return text


def leaves(error: ValidationError) -> Iterator[ValidationError]:
    """The errors a person can act on: of alternatives only the one that was meant, known by its `type`."""
    branches: dict[object, list[ValidationError]] = {}
    for inner in error.context or []:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    meant = [errors for errors in branches.values() if not any(names_another_type(e) for e in errors)]
    if len(meant) != 1:
        yield error
        return
    for inner in meant[0]:
        yield from leaves(inner)


def names_another_type(error: ValidationError) -> bool:
    place = list(error.relative_path)
    return error.validator in {"const", "enum"} and place in (["type"], ["op"], ["@odata.type"])


def shortened(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
