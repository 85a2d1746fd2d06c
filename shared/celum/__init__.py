"""CELUM through its Content API v1."""

from shared.celum import filters
from shared.celum.absence import Absence
from shared.celum.answers import mentions_handle
from shared.celum.asset_changes import AssetChange, CreateAsset, differences, same_availability
from shared.celum.assets import Celum
from shared.celum.changes import FieldOperation, Keep, RawField, Write, operation, raw, three_way
from shared.celum.checksums import algorithm_of, matches, spellings
from shared.celum.client import CelumSettings
from shared.celum.collection_finding import CollectionFinder
from shared.celum.content import Upload
from shared.celum.definitions import (
    AssetType,
    Collection,
    CollectionType,
    DownloadFormat,
    FieldDefinition,
    Identity,
    Job,
    JobItem,
    Option,
    Relation,
    RelationType,
)
from shared.celum.directory import Directory
from shared.celum.downloads import Source
from shared.celum.events import EVENT_BYTES, Event, EventKind, Heard, Secrets, hear
from shared.celum.faults import explained
from shared.celum.fields import convert, read
from shared.celum.finding import ALL_FIELDS, ALL_REFERENCES, some_fields
from shared.celum.polling import Poll, Sight, Step, Watermark
from shared.celum.relations import Relations
from shared.celum.renditions import Renditions

__all__ = [
    "ALL_FIELDS",
    "ALL_REFERENCES",
    "EVENT_BYTES",
    "Absence",
    "AssetChange",
    "AssetType",
    "Celum",
    "CelumSettings",
    "Collection",
    "CollectionFinder",
    "CollectionType",
    "CreateAsset",
    "Directory",
    "DownloadFormat",
    "Event",
    "EventKind",
    "FieldDefinition",
    "FieldOperation",
    "Heard",
    "Identity",
    "Job",
    "JobItem",
    "Keep",
    "Option",
    "Poll",
    "RawField",
    "Relation",
    "RelationType",
    "Relations",
    "Renditions",
    "Secrets",
    "Sight",
    "Source",
    "Step",
    "Upload",
    "Watermark",
    "Write",
    "algorithm_of",
    "convert",
    "differences",
    "explained",
    "filters",
    "hear",
    "matches",
    "mentions_handle",
    "operation",
    "raw",
    "read",
    "same_availability",
    "some_fields",
    "spellings",
    "three_way",
]
