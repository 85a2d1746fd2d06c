"""The JSON Schema of the flow file and of its cases, for editors; made from the grammar that the loader reads by."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shared.flows._grammar import CASES, DEFINITIONS, FILE
from shared.flows._pending import PENDING
from shared.flows._shapes import Choice, Either, Key, Keys, Later, Listed, Named, Ref, Shape, Unit, Word, Words

DRAFT = "http://json-schema.org/draft-07/schema#"  # what editors understand best
SCALAR = ["string", "number", "boolean"]  # editors read 007 and true as what they look like, the loader as text

type Json = str | bool | int | list[Json] | dict[str, Json]


def flows_schema(pending: Collection[str] = tuple(PENDING)) -> dict[str, Json]:
    made = _Made(pending)
    named: dict[str, Json] = {name: made.of(shape, "ready.") for name, shape in DEFINITIONS.items()}
    return {"$schema": DRAFT, "title": "The flow file", **made.block(FILE.keys, ""), "$defs": named}


def cases_schema() -> dict[str, Json]:
    return {"$schema": DRAFT, "title": "The cases of a flow file", **_Made(()).block(CASES.keys, "")}


class _Made:
    """`rule` is where a shape stands, as the pending table names it: what is refused is no suggestion."""

    def __init__(self, pending: Collection[str]) -> None:
        self._pending = pending

    def of(self, shape: Shape, rule: str) -> Json:
        match shape:
            case Word(pattern) | Unit(pattern=pattern):
                return _text(pattern)
            case Words(pattern):
                return _one_or_more(_text(pattern))
            case Choice(options):
                refused = {option for option in options if f"{rule.removesuffix('.')}={option}" in self._pending}
                return _choice([option for option in options if option not in refused])
            case Listed(item, or_one):
                inner = self.of(item, rule)
                return _one_or_more(inner) if or_one else {"type": "array", "items": inner, "minItems": 1}
            case Named(value):
                return {"type": "object", "additionalProperties": self.of(value, f"{rule}*.")}
            case Keys(keys):
                return self.block(keys, rule)
            case Either(shapes):
                return self._either(shapes, rule)
            case Ref(name):
                return {"$ref": f"#/$defs/{name}"}
            case Later():
                return False

    def _either(self, shapes: tuple[Shape, ...], rule: str) -> Json:
        """Without the forms of which nothing is left."""
        wanted = [one for one in shapes if f"{rule}*" not in self._pending or not isinstance(one, Named)]
        offered = [self.of(one, rule) for one in wanted]
        offered = [one for one in offered if not (isinstance(one, dict) and one.get("properties") == {})]
        return offered[0] if len(offered) == 1 else {"anyOf": offered}

    def block(self, keys: Mapping[str, Key], rule: str) -> dict[str, Json]:
        properties: dict[str, Json] = {}
        for name, key in keys.items():
            if isinstance(key.shape, Later) or f"{rule}{name}" in self._pending:
                continue
            inside = self.of(key.shape, "" if name in {"flows", "tests"} else f"{rule}{name}.")
            properties[name] = {"description": key.about, **inside} if isinstance(inside, dict) else inside
        required: list[Json] = [name for name, key in keys.items() if key.required]
        block: dict[str, Json] = {"type": "object", "properties": properties, "additionalProperties": False}
        return block | ({"required": required} if required else {})


def _text(pattern: str | None) -> Json:
    types: list[Json] = list(SCALAR)
    return {"type": types, **({"pattern": pattern} if pattern else {})}


def _choice(options: list[str]) -> Json:
    """Both as the text and as what an editor takes it for."""
    listed: list[Json] = list(options)
    if "true" in options:
        listed += [option == "true" for option in options]
    return {"enum": [*listed, *(int(option) for option in options if option.isdigit())]}


def _one_or_more(inner: Json) -> Json:
    return {"anyOf": [inner, {"type": "array", "items": inner, "minItems": 1}]}
