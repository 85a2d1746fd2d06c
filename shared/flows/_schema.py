"""The JSON Schema of the flow file and of its cases, for editors; made from the grammar that the loader reads by."""

from __future__ import annotations

from collections.abc import Mapping

from shared.flows._grammar import CASES, DEFINITIONS, FILE
from shared.flows._shapes import Choice, Either, Key, Keys, Later, Listed, Named, Ref, Shape, Unit, Word, Words

DRAFT = "http://json-schema.org/draft-07/schema#"  # what editors understand best
SCALAR = ["string", "number", "boolean"]  # editors read 007 and true as what they look like, the loader as text

type Json = str | bool | int | list[Json] | dict[str, Json]


def flows_schema() -> dict[str, Json]:
    named: dict[str, Json] = {name: _made(shape) for name, shape in DEFINITIONS.items()}
    return {"$schema": DRAFT, "title": "The flow file", **_block(FILE.keys), "$defs": named}


def cases_schema() -> dict[str, Json]:
    return {"$schema": DRAFT, "title": "The cases of a flow file", **_block(CASES.keys)}


def _made(shape: Shape) -> Json:
    match shape:
        case Word(pattern) | Unit(pattern=pattern):
            return _text(pattern)
        case Words(pattern):
            return _one_or_more(_text(pattern))
        case Choice(options):
            return _choice(options)
        case Listed(item, or_one):
            inner = _made(item)
            return _one_or_more(inner) if or_one else {"type": "array", "items": inner, "minItems": 1}
        case Named(value):
            return {"type": "object", "additionalProperties": _made(value)}
        case Keys(keys):
            return _block(keys)
        case Either(shapes):
            return {"anyOf": [_made(one) for one in shapes]}
        case Ref(name):
            return {"$ref": f"#/$defs/{name}"}
        case Later():
            return False


def _block(keys: Mapping[str, Key]) -> dict[str, Json]:
    """What is refused is no suggestion."""
    properties: dict[str, Json] = {}
    for name, key in keys.items():
        if not isinstance(key.shape, Later):
            inside = _made(key.shape)
            properties[name] = {"description": key.about, **inside} if isinstance(inside, dict) else inside
    required: list[Json] = [name for name, key in keys.items() if key.required]
    block: dict[str, Json] = {"type": "object", "properties": properties, "additionalProperties": False}
    return block | ({"required": required} if required else {})


def _text(pattern: str | None) -> Json:
    types: list[Json] = list(SCALAR)
    return {"type": types, **({"pattern": pattern} if pattern else {})}


def _choice(options: tuple[str, ...]) -> Json:
    """Both as the text and as what an editor takes it for."""
    listed: list[Json] = list(options)
    if "true" in options:
        listed += [option == "true" for option in options]
    return {"enum": [*listed, *(int(option) for option in options if option.isdigit())]}


def _one_or_more(inner: Json) -> Json:
    return {"anyOf": [inner, {"type": "array", "items": inner, "minItems": 1}]}
