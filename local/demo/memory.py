"""How much memory a process holds, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path

MIB = 1 << 20
RESET_PEAK = "5"  # proc(5), clear_refs: the peak begins anew at what is held now


class Memory:
    """Measured from its making: `idle` then, `peak` since. Both None where the system does not tell."""

    def __init__(self, pid: int) -> None:
        self._process = Path(f"/proc/{pid}")
        self.idle = self._read("VmRSS")
        if self.idle is not None:
            (self._process / "clear_refs").write_text(RESET_PEAK, encoding="ascii")

    @property
    def peak(self) -> int | None:
        return self._read("VmHWM")

    @property
    def growth(self) -> int | None:
        """Bytes of the peak above idle."""
        return None if self.idle is None or self.peak is None else max(self.peak - self.idle, 0)

    def _read(self, name: str) -> int | None:
        try:
            status = (self._process / "status").read_text(encoding="utf-8")
        except OSError:
            return None
        found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
        return int(found[1]) * 1024 if found else None
