"""OneDrive says, before it refuses, that little is left of what it grants a minute (reference 4; F2).

CELUM says nothing of the kind.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.clock import Clock
from shared.ledger import Ledger
from shared.onedrive.graph import Headroom

log = logging.getLogger("bridge")

CACHE_SECONDS = 15  # a hint: noticed later by another instance, it spares a read for each file
SETTING = "short of OneDrive until"


@dataclass(slots=True)
class Shortage:
    """Until when to go slowly, as the ledger said a moment ago, or this instance's own last answer."""

    _until: datetime | None = None
    _believed: datetime | None = None
    _seen: Headroom | None = None

    async def lasts(self, ledger: Ledger, clock: Clock, headroom: Headroom | None) -> bool:
        """`headroom` is what OneDrive's last answer said. Written once a minute at most, however many say the same."""
        if headroom is not None and headroom is not self._seen and headroom.is_short and not self._is_on(clock):
            log.warning("OneDrive has %d of %d units left: fewer transfers start", headroom.remaining, headroom.limit)
            self._until = self._believed = clock.after(headroom.reset)
            await ledger.put_setting(SETTING, self._until.isoformat())
        self._seen = headroom
        if self._believed is None or self._believed <= clock.now():
            text = await ledger.setting(SETTING)
            self._until = datetime.fromisoformat(text) if text else None
            self._believed = clock.after(CACHE_SECONDS)
        return self._is_on(clock)

    def _is_on(self, clock: Clock) -> bool:
        return self._until is not None and self._until > clock.now()
