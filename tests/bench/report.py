"""How figures are shown: each with its budget and whether it holds, and with what else the machine was doing."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable, Sequence


def heading(text: str) -> None:
    print(f"\n{text}  [load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores]", flush=True)


def line(label: str, text: str) -> None:
    print(f"  {label:<44} {text}", flush=True)


def verdict(label: str, text: str, *, holds: bool) -> bool:
    line(label, f"{text}  {'holds' if holds else 'MISSED'}")
    return holds


def spread(values: Sequence[float], unit: str, digits: int = 0) -> str:
    """Best first, then all of them: a best without its spread says little on a busy machine."""
    shown = " ".join(f"{value:.{digits}f}" for value in values)
    return f"{max(values):.{digits}f} {unit} (of {shown})"


def percentile(values: Iterable[float], percent: int) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
