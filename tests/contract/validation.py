"""Holds the exchanges between a client and a simulator against an OpenAPI 3.1 document.

`contract = Contract.from_file(path)`, then `serving.observers.append(contract.observe)`; what does not conform is in
`contract.violations`. Exchanges outside the document's `servers` (opaque upload and download urls, for example) are not
of this API and only counted; faulted ones are skipped; of a refused request (4xx) only the answer is checked. An
operation with `x-any-query: true` takes query parameters that are not declared, as continuation links have them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

from local.serving import Exchange
from tests.contract.document import Document, Operation
from tests.contract.schemas import Schemas


@dataclass(frozen=True, slots=True)
class Violation:
    operation: str
    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.place}: {self.problem}"


class Contract:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._schemas = Schemas(document)
        self.violations: list[Violation] = []
        self.seen: Counter[str] = Counter()  # operations that were checked
        self.outside: Counter[str] = Counter()  # exchanges that are not of this API

    @classmethod
    def from_file(cls, path: Path) -> Self:
        return cls(Document.from_file(path))

    def observe(self, exchange: Exchange) -> None:
        if exchange.faulted:
            return
        path, _, query = exchange.path_and_query.partition("?")
        below = self._document.below_server(path)
        if below is None:
            self.outside[f"{exchange.method} {path}"] += 1
            return
        found = self._document.operation(exchange.method, below)
        if found is None:
            self.violations.append(Violation(f"{exchange.method} {below}", "path", "no such operation in the contract"))
            return
        template, operation = found
        name = f"{exchange.method} {template.text}"
        self.seen[name] += 1
        problems = list(self._answer(operation, exchange))
        if not 400 <= exchange.status < 500:
            problems += self._parameters(operation, template.values(below), query, exchange)
            problems += self._request_body(operation, exchange)
        self.violations += [Violation(name, place, problem) for place, problem in problems]

    def check(self) -> None:
        """Raise with all violations, one a line, each told once."""
        lines = dict.fromkeys(str(violation) for violation in self.violations)
        assert not lines, "the contract is violated:\n  " + "\n  ".join(lines)

    def _parameters(
        self, operation: Operation, in_path: dict[str, str], query: str, exchange: Exchange
    ) -> Iterator[tuple[str, str]]:
        given = {
            "path": {name: [value] for name, value in in_path.items()},
            "query": parse_qs(query, keep_blank_values=True),
            "header": {name: [value] for name, value in exchange.request_headers.items()},
        }
        declared = set()
        for parameter in operation.parameters:
            where, name = parameter.where, parameter.name
            name = name.lower() if where == "header" else name
            declared.add((where, name))
            values = given.get(where, {}).get(name)
            place = f"{where} parameter {parameter.name}"
            if values is None:
                if parameter.required:
                    yield place, "is missing"
            elif parameter.schema is not None:
                yield from self._schemas.parameter(place, parameter.schema, values)
        if not operation.any_query:
            undeclared = {name for name in given["query"] if ("query", name) not in declared}
            yield from ((f"query parameter {name}", "is not declared") for name in sorted(undeclared))

    def _request_body(self, operation: Operation, exchange: Exchange) -> Iterator[tuple[str, str]]:
        media = operation.request_media
        has_body = bool(exchange.request_body) or exchange.request_headers.get("content-length", "0") != "0"
        if media is None:
            if has_body:
                yield "request body", "is not declared"
            return
        if not has_body and "transfer-encoding" not in exchange.request_headers:
            if operation.body_required:
                yield "request body", "is missing"
            return
        yield from self._content("request body", media, exchange.request_headers, exchange.request_body)

    def _answer(self, operation: Operation, exchange: Exchange) -> Iterator[tuple[str, str]]:
        response = operation.response(exchange.status)
        place = f"response {exchange.status}"
        if response is None:
            yield place, "this status is not declared"
            return
        for name, required in response.headers.items():
            if required and name.lower() not in exchange.response_headers:
                yield f"{place} header {name}", "is missing"
        if response.media is None:
            if exchange.response_body:
                yield f"{place} body", "is not declared"
            return
        if exchange.method == "HEAD":
            return
        if exchange.response_body == b"":
            yield f"{place} body", "is missing"
            return
        yield from self._content(f"{place} body", response.media, exchange.response_headers, exchange.response_body)

    def _content(
        self, place: str, media: dict[str, str | None], headers: dict[str, str], body: bytes | None
    ) -> Iterator[tuple[str, str]]:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        matched = next((m for m in (kind, f"{kind.partition('/')[0]}/*", "*/*") if m in media), None)
        if matched is None:
            yield place, f"content type {kind or '(none)'} is not declared, but {', '.join(media)}"
            return
        schema = media[matched]
        if schema is None or body is None or not kind.endswith("json"):
            return
        try:
            value: Any = json.loads(body)
        except ValueError:
            yield place, "is not JSON"
            return
        yield from self._schemas.check(place, schema, value)
