"""What is inside a file. Importing this loads neither numpy nor an XML parser."""

from shared.documents.hashing import Hashes, hex_of
from shared.documents.properties import office_properties
from shared.documents.quickxor import QuickXor
from shared.documents.reader import RangeReader, UnsafeArchive
from shared.documents.signature import content_signature

__all__ = ["Hashes", "QuickXor", "RangeReader", "UnsafeArchive", "content_signature", "hex_of", "office_properties"]
