from __future__ import annotations

from shared.ledger.control import Control, Installations, Slots
from shared.ledger.doorbell import Doorbell
from shared.ledger.drives import Drives
from shared.ledger.folders import Folders
from shared.ledger.gates import Gates
from shared.ledger.hints import Attentions, Due, Refs
from shared.ledger.links import Links
from shared.ledger.records import Records
from shared.ledger.standings import Asides, Standings, Walks


class Ledger(
    Drives,
    Doorbell,
    Folders,
    Gates,
    Links,
    Refs,
    Due,
    Attentions,
    Records,
    Slots,
    Control,
    Installations,
    Standings,
    Asides,
    Walks,
):
    """Everything the bridge remembers. Truth is changed by one conditional write at a time, hints by repeatable ones.

    Any method may raise LedgerConflict (read again, then decide) or LedgerUnavailable (let the message come again).
    """
