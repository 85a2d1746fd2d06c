"""CELUM through its Content API v1."""

from shared.celum import filters
from shared.celum.answers import mentions_handle
from shared.celum.asset_changes import AssetChange, CreateAsset, differences
from shared.celum.assets import Celum
from shared.celum.changes import FieldOperation, Keep, RawField, Write, operation, raw, three_way
from shared.celum.checksums import algorithm_of, matches, spellings
from shared.celum.client import CelumSettings
from shared.celum.content import Upload
from shared.celum.definitions import AssetType, Collection, CollectionType, FieldDefinition, Identity, Option
from shared.celum.directory import Directory
from shared.celum.fields import convert, read
from shared.celum.finding import ALL_FIELDS, ALL_REFERENCES, some_fields

__all__ = [
    "ALL_FIELDS",
    "ALL_REFERENCES",
    "AssetChange",
    "AssetType",
    "Celum",
    "CelumSettings",
    "Collection",
    "CollectionType",
    "CreateAsset",
    "Directory",
    "FieldDefinition",
    "FieldOperation",
    "Identity",
    "Keep",
    "Option",
    "RawField",
    "Upload",
    "Write",
    "algorithm_of",
    "convert",
    "differences",
    "filters",
    "matches",
    "mentions_handle",
    "operation",
    "raw",
    "read",
    "some_fields",
    "spellings",
    "three_way",
]
