from __future__ import annotations

from shared.ledger.control import Control, Slots
from shared.ledger.doorbell import Doorbell
from shared.ledger.drives import Drives
from shared.ledger.folders import Folders
from shared.ledger.hints import Attentions, Due, Refs
from shared.ledger.links import Links
from shared.ledger.records import Records


class Ledger(Drives, Doorbell, Folders, Links, Refs, Due, Attentions, Records, Slots, Control):
    """Everything the bridge remembers. Truth is changed by one conditional write at a time, hints by repeatable ones.

    Any method may raise LedgerConflict (read again, then decide) or LedgerUnavailable (let the message come again).
    """
