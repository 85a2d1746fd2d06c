"""Whatever a client sends, the simulator answers within the contract, and takes nothing that is outside of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given

from local.celum_simulator import CelumSimulator, seeds
from local.celum_simulator.model import REFERENCES, Job, Relation
from tests.contract.anything import FEW, Asker, Known, Request, operations, requests
from tests.contract.document import Document
from tests.contract.validation import Violation

DOCUMENT = Document.from_file(Path(__file__).parents[1] / "celum.openapi.yaml")
OPERATIONS = operations(DOCUMENT)
FILTERS_OF_FIELDS = ("", "_EQUALITY", "_RANGE", "_NAMES")


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> CelumSimulator:
    return CelumSimulator(tmp_path_factory.mktemp("anything"))


@pytest.fixture(scope="module")
def asker(sim: CelumSimulator) -> Iterator[Asker]:
    with Asker(sim, DOCUMENT, lambda _: (sim.api_url, {"X-API-KEY": seeds.ACME_KEY})) as opened:
        yield opened


@pytest.mark.parametrize("label", OPERATIONS)
def test_any_request_is_answered_within_the_contract(label: str, asker: Asker, sim: CelumSimulator) -> None:
    a_little_of_everything(sim)

    @FEW
    @given(request=requests(OPERATIONS[label], what_exists(sim)))
    def holds(request: Request) -> None:
        wrong = [str(one) for one in asker.ask(request) if not is_ignored(one)]

        assert not wrong, (wrong, request)

    holds()


def is_ignored(violation: Violation) -> bool:
    """Nobody says what CELUM makes of a parameter that it does not know; servers mostly pass over it."""
    return violation.place.startswith("query parameter") and violation.problem == "is not declared"


def a_little_of_everything(sim: CelumSimulator) -> None:
    """A fresh tenant, in which an upload can be used again and again."""
    sim.replace_tenant()
    sim.quirks.change({"handle_single_use": False})
    seeds.plant(sim, "acme")
    first = sim.add_asset(
        "a.txt",
        b"a hero",
        parents=["/Marketing/Office"],
        type="Campaign asset",
        fields={"Usage rights": "Print", "Market": "Norway", "Languages": ["/Languages/German"], "Rating": 3},
        as_user=seeds.SERVICE,
    )
    sim.add_version(first, "b.txt", b"a better hero", as_user=seeds.SERVICE)
    second = sim.add_asset("b.txt", b"b", parents=["/Marketing/Office"], as_user=seeds.SERVICE)
    tenant, user = sim.tenant, sim.user(seeds.SERVICE)
    kind = sim.add_relation_type("Part of")
    related = tenant.next_id()
    tenant.relations[related] = Relation(
        id=related, type_id=kind, source=first, target=second, creation=sim.asset(first).creation
    )
    original = next(iter(tenant.formats))
    tenant.jobs["job"] = Job(id="job", user_id=user.id, created=sim.clock.now(), items=((first, original),))


def what_exists(sim: CelumSimulator) -> Known:
    tenant = sim.tenant
    assets, collections = [row.id for row in tenant.assets], [row.id for row in tenant.collections]
    fields, users, formats = list(tenant.fields), list(tenant.users), list(tenant.formats)
    types = [*tenant.asset_types, *tenant.collection_types, *tenant.relation_types]
    anything = [*assets, *collections, *types, *fields, *users]
    sortable = ["id", "name", "modification.date", f"informationField.{fields[0]}"]
    return fields_by_type(sim) | {
        **dict.fromkeys(("assetId", "assetIds", "sourceAssetId", "targetAssetId"), assets),
        **dict.fromkeys(("collectionId", "parentId", "add", "remove"), collections),
        **dict.fromkeys(("downloadFormatId", "downloadFormats", "formatId"), formats),
        **dict.fromkeys(("ids", "values"), anything),
        "id": [*tenant.relation_types, *fields],
        "relationTypeId": list(tenant.relation_types),
        "versionId": sorted({version.id for row in tenant.assets for version in row.versions}),
        "assetTypeId": list(tenant.asset_types),
        "collectionTypeId": list(tenant.collection_types),
        "typeId": types,
        "informationFields": fields,
        "relationId": list(tenant.relations),
        "jobId": list(tenant.jobs),
        "userId": users,
        "clientId": [seeds.SERVICE],
        "userGroupId": [1],
        "roleId": [1],
        "uploadHandle": [upload.handle for upload in tenant.uploads.values()],
        "sort": [*sortable, *(f"{name},DESC" for name in sortable)],
        "field": sortable,
        "X-CELUM-Username": [seeds.SERVICE, seeds.EDITOR],
    }


def fields_by_type(sim: CelumSimulator) -> dict[str, list[int]]:
    """A value speaks of a field of its type, and so does a filter."""
    known: dict[str, list[int]] = {}
    ordered = sorted(sim.tenant.fields.values(), key=lambda field: field.type)
    for kind, fields in groupby(ordered, key=lambda field: field.type):
        ids = [field.id for field in fields]
        filters = [f"{row}_{kind}_INFORMATION_FIELD{of}" for row in ("ASSET", "COLLECTION") for of in FILTERS_OF_FIELDS]
        known[f"{kind}.id"] = ids
        known |= {f"{name}.informationFieldId": ids for name in filters}
        if kind in REFERENCES:
            known[f"{kind}.value"] = [row.id for row in sim.tenant.collections]
    return known
