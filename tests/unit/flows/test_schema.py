"""The JSON Schema for editors: current, and of one mind with the loader as far as a schema can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from shared.flows import cases_schema, flows_schema
from tests.unit.flows.support import flow_text
from tests.unit.flows.test_showing import EVERYTHING, THE_REST

ROOT = Path(__file__).parents[3]


def problems(text: str, schema: dict[str, Any]) -> list[str]:
    """As an editor sees the file: with numbers and booleans, and dates as text."""
    data: Any = json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))
    return [error.message for error in Draft7Validator(schema).iter_errors(data)]


@pytest.mark.parametrize(
    ("file", "made", "command"),
    [
        ("flows.schema.json", flows_schema, "bridge show --schema > flows.schema.json"),
        ("flows.test.schema.json", cases_schema, "bridge test --schema > flows.test.schema.json"),
    ],
)
def test_the_schema_beside_the_file_is_current(file: str, made: Any, command: str) -> None:
    assert json.loads((ROOT / file).read_text("utf-8")) == made(), f"write it anew: {command}"
    Draft7Validator.check_schema(made())
    assert f"$schema={file}" in (ROOT / file.replace(".schema.json", ".yaml")).read_text("utf-8").partition("\n")[0]


def test_the_shipped_files_and_every_key_satisfy_it() -> None:
    for text in ((ROOT / "flows.yaml").read_text("utf-8"), flow_text(), EVERYTHING, THE_REST):
        assert problems(text, flows_schema()) == []
    assert problems((ROOT / "flows.test.yaml").read_text("utf-8"), cases_schema()) == []


@pytest.mark.parametrize(
    "blocks",
    [
        {"mode": "maybe"},
        {"title": "x"},
        {"to": "{celum: dam, collection: /C}"},
        {"from_": "{onedrive: marketing, path: Campaigns/**}"},
        {"ready": "[unchanged_for: 2 minutes]"},
        {"ready": "[colum: {A: b}]"},
        {"ready": "[any: [not: {colum: {A: b}}]]"},
        {"accept": "{max_size: huge}"},
        {"fields": "{Title: {from: colum.Title}}"},
        {"fields": "{Title: {from: column.Title, authority: nobody}}"},
        {"fields": "{Title: column.Title}"},
        {"identity": "[link, fingerprint]"},
        {"review": "{}"},  # this version does not carry it
    ],
    ids=str,
)
def test_it_refuses_what_the_loader_refuses(blocks: dict[str, str]) -> None:
    assert problems(flow_text(**blocks), flows_schema())
