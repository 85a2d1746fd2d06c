"""What CELUM answers to the rarer questions, as any bytes that come for them."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from shared.celum import convert
from shared.celum.definitions import FieldDefinition
from shared.celum.wire import DownloadModel, UploadModel, VersionPage, understood_list
from shared.celum.wire_definitions import (
    AboutModel,
    ClientModel,
    CollectionPage,
    CollectionTypeModel,
    FormatModel,
    RelationTypeModel,
    UserModel,
)
from shared.celum.wire_delivery import JobModel, OfferModel, RelationModel, RelationPage, RightsModel
from shared.domain.assets import FieldType
from shared.domain.decisions import FieldWish
from shared.domain.ids import CollectionId, FieldId
from shared.errors import NameProblem, Unavailable, ValueDoesNotFit
from tests.fuzz import FUZZ, ODD, distorted
from tests.fuzz.test_celum_input import COLLECTION, STAMP, read

FORMAT = {"id": 1, "key": "original", "name": {"en": "Original"}, "original": True, "interceptorDefinitions": [{}]}
KIND = {"id": 1, "name": "x", "labels": {"en": "X"}, "permissionDefining": True, "tagCloud": False}
VERSION = {"id": 5, "filename": "a", "filesize": 12, "fileChecksum": "ab" * 16, "creation": STAMP}
LINK = {"url": "https://x/y", "filename": "a.bin", "handle": "h"}
JOB = {"id": "j", "status": "FINISHED", "failedItems": [{"assetId": 1, "formatId": 2}], "download": LINK}
RELATION = {"id": 1, "typeId": 2, "sourceAsset": {"id": 3}, "targetAsset": {"id": 4}, "status": "SYNCED"}
USER = {"id": 7, "username": "x", "firstname": "y", "deactivated": False, "permissions": {"viewExpiredAssets": "NONE"}}
CLIENT = {"enabled": True, "licensed": True, "languages": {"system": "en", "informationFields": ["en", "de"]}}


@FUZZ
@given(answer=distorted(JOB))
def test_any_job_is_read_or_named_as_not_understood(answer: object) -> None:
    if model := read(JobModel, answer):
        assert model.domain().id == model.id


@FUZZ
@given(one=distorted(RELATION), several=distorted({"content": [RELATION], "hasNext": False, "totalElements": 1}))
def test_any_relation_is_read_or_named_as_not_understood(one: object, several: object) -> None:
    for model in filter(None, (read(RelationModel, one), *getattr(read(RelationPage, several), "content", ()))):
        assert model.domain().id == model.id


@FUZZ
@given(answer=distorted(FORMAT) | distorted(KIND))
def test_any_definition_is_read_or_named_as_not_understood(answer: object) -> None:
    if offered := read(FormatModel, answer):
        offered.domain()
    if collections := read(CollectionTypeModel, answer):
        collections.domain()
    if relations := read(RelationTypeModel, answer):
        relations.domain()
    for given_list in (answer, [answer], {"content": answer}, {"content": [answer]}):
        try:
            understood_list(FormatModel, given_list, "read")
        except Unavailable:
            continue


@FUZZ
@given(answer=distorted(USER) | distorted(CLIENT) | distorted(LINK) | distorted({"permissions": {"edit": True}}))
def test_whoever_we_are_said_to_be_is_read_or_named_as_not_understood(answer: object) -> None:
    if user := read(UserModel, answer):
        assert user.lacks <= set(user.permissions or {})
    for kind in (ClientModel, AboutModel, UploadModel, DownloadModel, RightsModel):
        read(kind, answer)


@FUZZ
@given(answer=distorted({"downloadFormats": [FORMAT]}))
def test_any_offer_is_read_or_named_as_not_understood(answer: object) -> None:
    for model in getattr(read(OfferModel, answer), "download_formats", None) or ():
        model.domain()


@FUZZ
@given(
    versions=distorted({"content": [VERSION], "hasNext": True, "totalElements": 1}),
    collections=distorted({"content": [COLLECTION], "hasNext": True, "totalElements": 1}),
)
def test_any_page_is_read_or_named_as_not_understood(versions: object, collections: object) -> None:
    for version in getattr(read(VersionPage, versions), "content", ()):
        version.domain()
    for collection in getattr(read(CollectionPage, collections), "content", ()):
        collection.domain(None)


class NoNames:
    async def option(self, field: FieldDefinition, label: str) -> int:
        raise NameProblem("option", f"{label} of {field.label}")

    async def reference(self, field: FieldDefinition, label: str) -> CollectionId:
        raise NameProblem("tag", f"{label} of {field.label}")

    async def system_language(self) -> str:
        return "en"


@FUZZ
@given(
    kind=st.sampled_from(FieldType),
    text=st.sampled_from(ODD) | st.from_regex(r"[+-]?[0-9.]{1,30}(e[+-]?[0-9]{1,3})?", fullmatch=True) | st.text(),
)
async def test_any_text_fits_a_field_or_is_refused(kind: FieldType, text: str) -> None:
    definition = FieldDefinition(FieldId(1), "f", kind, {"en": "F"})
    try:
        content = await convert(FieldWish("F", text), definition, NoNames())
    except (ValueDoesNotFit, NameProblem):
        return
    json.dumps(content, allow_nan=False, default=str)
