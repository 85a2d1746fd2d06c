"""The contract names all that is known to exist and how sure that is; the simulator has it all, and nothing else."""

from __future__ import annotations

from typing import Any

from local.celum_simulator import api, filters
from local.celum_simulator.field_filters import of as field_filters
from shared.celum import EventKind
from tests.contract.document import METHODS, Document

MARKS = {"confirmed", "likely", "unknown"}


def operations(document: Document) -> dict[tuple[str, str], dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = document.root["paths"]
    return {
        (verb.upper(), path): node for path, item in paths.items() for verb, node in item.items() if verb in METHODS
    }


def test_the_simulator_answers_every_operation_of_the_contract_and_no_other(document: Document) -> None:
    assert set(operations(document)) == {(method, path) for method, path, _ in api.OPERATIONS}


def test_every_operation_says_how_sure_it_is(document: Document) -> None:
    assert {node["x-mark"] for node in operations(document).values()} <= MARKS
    assert {item["post"]["x-mark"] for item in document.root["webhooks"].values()} <= MARKS


def test_the_contract_knows_the_18_events(document: Document) -> None:
    assert set(document.root["webhooks"]) == set(EventKind)
    assert len(EventKind) == 18


def test_the_contract_and_the_simulator_know_all_filters(document: Document) -> None:
    assert types(document, "AssetFilter") == {f"ASSET_{name}" for name in known(filters.ASSET)}
    assert types(document, "CollectionFilter") == {f"COLLECTION_{name}" for name in known(filters.COLLECTION)}
    assert len(types(document, "AssetFilter")) == 52
    assert len(types(document, "CollectionFilter")) == 31


def types(document: Document, schema: str) -> set[str]:
    found: set[str] = set()
    for branch in document.root["components"]["schemas"][schema]["oneOf"]:
        named = branch["properties"]["type"]
        found |= {named["const"]} if "const" in named else set(named["enum"])
    return found


def known(own: dict[str, Any]) -> set[str]:
    return {*own, *field_filters(lambda _, row, __: row.values), "LOGICAL", "NEGATION"}
