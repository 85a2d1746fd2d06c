"""CELUM through its Content API v1."""

from shared.celum.asset_changes import AssetChange, CreateAsset, differences, mentions_handle
from shared.celum.assets import Celum
from shared.celum.changes import FieldOperation, Keep, RawField, Write, operation, raw, three_way
from shared.celum.checksums import algorithm_of, matches, spellings
from shared.celum.client import CelumSettings
from shared.celum.content import Upload
from shared.celum.definitions import AssetType, Collection, CollectionType, FieldDefinition, Identity, Option
from shared.celum.directory import Directory
from shared.celum.fields import convert, read

__all__ = [
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
    "matches",
    "mentions_handle",
    "operation",
    "raw",
    "read",
    "spellings",
    "three_way",
]
