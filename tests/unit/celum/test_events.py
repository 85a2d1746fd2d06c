"""Calls to the events' address, as CELUM makes them and as anybody may."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.celum import EVENT_BYTES, EventKind, Heard, Secrets, hear

SECRET = "a long secret"
SECRETS = Secrets((SECRET,))
ENTITY = {"id": 4711, "name": "Hero", "currentVersion": {"id": 2}}


def heard(told: Any, secret: str | None = SECRET) -> Heard:
    return hear(json.dumps(told).encode(), secret, SECRETS)


def event(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, "userId": 35, "date": "2026-03-02T09:15:41.000Z", **members}


@pytest.mark.parametrize(
    ("told", "assets", "collections"),
    [
        (event("ASSET_CREATED", entity=ENTITY), (4711,), ()),
        (event("ASSET_UPDATED", entity=ENTITY, entityBeforeUpdate={"id": 4711}), (4711,), ()),
        (event("ASSET_DELETED", entity=ENTITY), (4711,), ()),
        (event("ASSET_RELEASED", entity=ENTITY), (4711,), ()),
        (event("ASSET_ADDED", entity=ENTITY, toCollectionId=5), (4711,), (5,)),
        (event("ASSET_REMOVED", entity=ENTITY, fromCollectionId=5), (4711,), (5,)),
        (event("ASSET_VERSION_ADDED", asset=ENTITY, assetBefore={"id": 4711}), (4711,), ()),
        (event("ASSET_VERSION_ACTIVATED", asset=ENTITY, oldVersionId=1, newVersionId=2), (4711,), ()),
        (event("ASSET_VERSION_DELETED", asset=ENTITY), (4711,), ()),
        (event("PREVIEW_CONVERSION", assetId=4711, versionId=2, previewConversionStatus="FINISHED"), (4711,), ()),
        (event("COLLECTION_CREATED", entity={"id": 7}), (), (7,)),
        (event("COLLECTION_UPDATED", entity={"id": 7}), (), (7,)),
        (event("COLLECTION_MOVED", entity={"id": 7}, fromCollectionId=1, toCollectionId=2), (), (7, 1, 2)),
        (event("COLLECTION_DELETED", entity={"id": 7}), (), (7,)),
        (event("RELATION_CREATED", entity={"id": 9, "sourceAsset": {"id": 1}, "targetAsset": {"id": 2}}), (1, 2), ()),
        (event("RELATION_DELETED", entity={"id": 9, "sourceAsset": {"id": 1}}), (1,), ()),
        (event("EXTERNAL_REFERENCE_ADDED", assetId=4711, externalReference={}), (4711,), ()),
        (event("EXTERNAL_REFERENCE_DELETED", assetId="4711"), (4711,), ()),
    ],
)
def test_each_of_the_18_types_names_what_to_read(
    told: dict[str, Any], assets: tuple[int, ...], collections: tuple[int, ...]
) -> None:
    found = heard(told)
    assert (found.assets, found.collections, found.refused) == (assets, collections, None)
    assert found.events[0].user == 35
    assert found.events[0].date is not None


def test_G103_without_the_secret_nothing_is_taken() -> None:
    told = event("ASSET_CREATED", entity=ENTITY)
    for secret in (None, "", "a guess", SECRET + " "):
        assert heard(told, secret).status == 401
        assert heard(told, secret).events == ()
    assert hear(json.dumps(told).encode(), "", Secrets(("",))).status == 401, "an empty setting accepts nobody"
    assert hear(json.dumps(told).encode(), "old", Secrets(("new", "old"))).refused is None, "while it is rotated"


def test_G103_a_huge_body_is_refused_unread() -> None:
    assert hear(b"[" * (EVENT_BYTES + 1), SECRET, SECRETS).status == 413
    assert heard([event("ASSET_CREATED", entity=ENTITY)] * 101).status == 413


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"7", b'"x"', b"[]", b"[1]", b"\xff", b"[" * 100_000, b"9" * 10_000]
)
def test_G103_what_is_no_event_is_refused_without_an_exception(body: bytes) -> None:
    assert hear(body, SECRET, SECRETS).status == 400


def test_G104_types_of_a_later_release_and_events_that_name_nothing_are_passed_over() -> None:
    found = heard([event("ASSET_SHREDDED", entity=ENTITY), {"entity": ENTITY}, event("ASSET_UPDATED")])
    assert (found.events, found.passed_over, found.status) == ((), 3, 202)


def test_G104_the_id_is_taken_from_whichever_member_names_it() -> None:
    assert heard(event("ASSET_VERSION_ADDED", entity=ENTITY)).assets == (4711,)
    assert heard(event("ASSET_CREATED", asset=ENTITY)).assets == (4711,)
    assert heard(event("ASSET_UPDATED", entityBeforeUpdate={"id": 4711})).assets == (4711,)
    assert heard(event("COLLECTION_DELETED", entityBeforeUpdate={"id": 7})).collections == (7,)


@pytest.mark.parametrize("number", [None, 0, -1, True, 1.5, "x", "²", 2**63, [1], {"id": 1}])
def test_G104_what_is_no_id_is_none(number: Any) -> None:
    assert heard(event("ASSET_CREATED", entity={"id": number})).events == ()


def test_G105_membership_is_no_creation_and_no_deletion() -> None:
    assert {kind for kind in EventKind if kind.is_deletion} == {"ASSET_DELETED", "COLLECTION_DELETED"}
    assert not EventKind.ASSET_REMOVED.is_deletion


def test_G106_a_deleted_version_is_not_named_so_only_the_asset_is() -> None:
    found = heard(event("ASSET_VERSION_DELETED", asset={"id": 4711})).events[0]
    assert (found.assets, found.version) == ((4711,), None)


def test_G100_G101_repeats_and_any_order_name_the_same_things_to_read() -> None:
    created, added = event("ASSET_CREATED", entity=ENTITY), event("ASSET_VERSION_ADDED", asset=ENTITY)
    assert heard([created] * 5).assets == heard([added, created]).assets == (4711,)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("id", "entity", "date")), inner),
    max_leaves=8,
)
MEMBERS = ("entity", "asset", "assetId", "userId", "date", "versionId", "fromCollectionId", "toCollectionId")


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(EventKind), members=st.dictionaries(st.sampled_from(MEMBERS), JSON))
def test_G103_no_body_raises(kind: EventKind, members: dict[str, Any]) -> None:
    found = heard({"type": kind, **members})
    assert all(1 <= number < 2**63 for number in (*found.assets, *found.collections))
