"""What is inside a file. Importing this loads neither numpy nor a parser of XML or PDF."""

from shared.documents.embedded import embedded_properties
from shared.documents.hashing import Hashes, hex_of
from shared.documents.properties import office_properties
from shared.documents.quickxor import QuickXor
from shared.documents.reader import NoOfficeFile, Protected, RangeReader, UnsafeArchive, UnsafeContent
from shared.documents.signature import content_signature

__all__ = [
    "Hashes",
    "NoOfficeFile",
    "Protected",
    "QuickXor",
    "RangeReader",
    "UnsafeArchive",
    "UnsafeContent",
    "content_signature",
    "embedded_properties",
    "hex_of",
    "office_properties",
]
