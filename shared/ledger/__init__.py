"""The bridge's memory in Table Storage, or in this process. Importing it loads no SDK."""

from shared.ledger.ledger import Ledger
from shared.ledger.memory import MemoryStore
from shared.ledger.store import LedgerUnavailable, LedgerUnreadable, Store
from shared.ledger.tables import TableStore

__all__ = ["Ledger", "LedgerUnavailable", "LedgerUnreadable", "MemoryStore", "Store", "TableStore"]
