"""How ids and names stand in the address of a request: whatever they hold, they stay one step of its path."""

from __future__ import annotations

from urllib.parse import quote

_DOTS = {".": "%2E", "..": "%2E%2E"}  # written plainly they are steps to elsewhere


def step(text: str) -> str:
    """Of an id or name that came from anywhere."""
    return _DOTS.get(text) or quote(text, safe="", errors="replace")


def steps(path: str) -> str:
    """Of a path below a library's root, without a slash at either end."""
    return "/".join(step(name) for name in path.split("/") if name)
