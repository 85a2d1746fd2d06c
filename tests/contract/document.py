"""An OpenAPI 3.1 document: its operations by path template, everything addressed by JSON pointer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from ruamel.yaml import YAML

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True, slots=True)
class Parameter:
    where: str
    name: str
    required: bool
    schema: str | None


@dataclass(frozen=True, slots=True)
class Response:
    """`media`: schema pointers by content type, or None when no body is declared."""

    media: dict[str, str | None] | None
    headers: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Operation:
    parameters: tuple[Parameter, ...]
    request_media: dict[str, str | None] | None
    body_required: bool
    responses: dict[str, Response]
    any_query: bool

    def response(self, status: int) -> Response | None:
        names = (str(status), f"{status // 100}XX", "default")
        return next((self.responses[name] for name in names if name in self.responses), None)


@dataclass(frozen=True, slots=True)
class Template:
    """A path with parameters; one that follows `:/` is a path of its own and may contain slashes."""

    text: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        names, pattern, last = [], "", 0
        for match in re.finditer(r"\{([^}]+)\}", text):
            pattern += re.escape(text[last : match.start()])
            pattern += "(.+)" if text[: match.start()].endswith(":/") else "([^/]+)"
            names.append(match[1])
            last = match.end()
        return cls(text, re.compile(pattern + re.escape(text[last:])), tuple(names))

    @property
    def literal(self) -> int:
        """How much of it is fixed: the more, the earlier it is tried."""
        return len(re.sub(r"\{[^}]+\}", "", self.text))

    def values(self, path: str) -> dict[str, str]:
        match = self.pattern.fullmatch(path)
        return dict(zip(self.names, map(unquote, match.groups()), strict=True)) if match else {}


class Document:
    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self._read: dict[tuple[str, str], Operation] = {}

    @classmethod
    def from_file(cls, path: Path) -> Self:
        return cls(YAML(typ="safe", pure=True).load(path))

    def at(self, pointer: str) -> Any:
        node: Any = self.root
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            node = node[int(key)] if isinstance(node, list) else node[key]
        return node

    def follow(self, pointer: str) -> str:
        """The pointer behind references within the document."""
        node = self.at(pointer)
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            pointer = node["$ref"].removeprefix("#")
            node = self.at(pointer)
        return pointer

    @cached_property
    def bases(self) -> list[str]:
        servers = self.root.get("servers") or [{"url": "/"}]
        return [urlsplit(server["url"]).path.rstrip("/") for server in servers]

    def below_server(self, path: str) -> str | None:
        return next((path.removeprefix(base) for base in self.bases if path.startswith(f"{base}/")), None)

    @cached_property
    def templates(self) -> list[Template]:
        return sorted(map(Template.of, self.root["paths"]), key=lambda template: -template.literal)

    def operation(self, method: str, path: str) -> tuple[Template, Operation] | None:
        verb = method.lower()
        for template in self.templates:
            if template.pattern.fullmatch(path):
                item = self.follow(f"/paths/{escaped(template.text)}")
                if verb in METHODS and verb in self.at(item):
                    return template, self._operation(item, verb)
        return None

    def _operation(self, item: str, verb: str) -> Operation:
        if (item, verb) not in self._read:
            self._read[item, verb] = self._parse(item, f"{item}/{verb}")
        return self._read[item, verb]

    def _parse(self, item: str, pointer: str) -> Operation:
        node = self.at(pointer)
        shared = [f"{item}/parameters/{i}" for i in range(len(self.at(item).get("parameters", [])))]
        own = [f"{pointer}/parameters/{i}" for i in range(len(node.get("parameters", [])))]
        parameters = {(p.where, p.name): p for p in map(self._parameter, shared + own)}
        body = self.follow(f"{pointer}/requestBody") if "requestBody" in node else None
        return Operation(
            parameters=tuple(parameters.values()),
            request_media=None if body is None else self._media(body),
            body_required=body is not None and bool(self.at(body).get("required")),
            responses={str(s): self._response(f"{pointer}/responses/{s}") for s in node["responses"]},
            any_query=bool(node.get("x-any-query")),
        )

    def _parameter(self, pointer: str) -> Parameter:
        pointer = self.follow(pointer)
        node = self.at(pointer)
        schema = f"{pointer}/schema" if "schema" in node else None
        return Parameter(node["in"], node["name"], bool(node.get("required")), schema)

    def _response(self, pointer: str) -> Response:
        pointer = self.follow(pointer)
        headers = self.at(pointer).get("headers", {})
        required = {
            name: bool(self.at(self.follow(f"{pointer}/headers/{escaped(name)}")).get("required")) for name in headers
        }
        return Response(self._media(pointer), required)

    def _media(self, pointer: str) -> dict[str, str | None] | None:
        content = self.at(pointer).get("content")
        if content is None:
            return None
        return {
            kind.lower(): f"{pointer}/content/{escaped(kind)}/schema" if "schema" in media else None
            for kind, media in content.items()
        }
