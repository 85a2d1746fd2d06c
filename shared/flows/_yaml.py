"""Plain data as YAML that the loader reads back as the same texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

type Data = str | Sequence[Data] | Mapping[str, Data]

LINE_WIDTH = 100  # a list of texts that is longer stands one a line
_PLAIN = re.compile(r"[\w/](?:[\w ./+@()*=%$&!~;|\\-]*[\w./+@()*=%$&!~;|\\-])?")  # nothing here means anything to YAML


def as_yaml(data: Mapping[str, Data]) -> str:
    return "\n".join(_block(data)) + "\n"


def _block(data: Mapping[str, Data]) -> list[str]:
    lines: list[str] = []
    for key, value in data.items():
        name, short = _scalar(key), _short(value)
        if short is not None and len(name) + len(short) < LINE_WIDTH:
            lines.append(f"{name}: {short}")
        else:
            lines += [f"{name}:", *(f"  {line}" for line in _lines(value))]
    return lines


def _lines(data: Data) -> list[str]:
    if isinstance(data, str):
        return [_scalar(data)]
    if isinstance(data, Mapping):
        return _block(data) or ["{}"]
    return [line for item in data for line in _item(item)] or ["[]"]


def _item(item: Data) -> list[str]:
    short = _short(item) if isinstance(item, str) or len(item) == 1 else None
    first, *rest = [short] if short is not None and len(short) < LINE_WIDTH else _lines(item)
    return [f"- {first}", *(f"  {line}" for line in rest)]


def _short(value: Data) -> str | None:
    """In one line: a text, a list of texts, a block of those, or a block with one such block in it."""
    if isinstance(value, str):
        return _scalar(value)
    if isinstance(value, Mapping):
        return _short_block(value)
    texts = [_scalar(item) for item in value if isinstance(item, str)]
    return f"[{', '.join(texts)}]" if len(texts) == len(value) else None


def _short_block(block: Mapping[str, Data]) -> str | None:
    parts: list[str] = []
    for key, value in block.items():
        short = None if isinstance(value, Mapping) and len(block) > 1 else _short(value)
        if short is None:
            return None
        parts.append(f"{_scalar(key)}: {short}")
    return f"{{{', '.join(parts)}}}"


def _scalar(text: str) -> str:
    if text.isprintable() and _PLAIN.fullmatch(text):
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in {'"', "\\"}:
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
