"""What the formats hand over: blocks of metadata, each still in its own language."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Found:
    """`fields` are the plain ones of the format itself: `ifd:Artist`, `info:Author`, `png:Author`."""

    xmp: list[bytes] = field(default_factory=list)
    iptc: list[bytes] = field(default_factory=list)
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add_field(self, name: str, value: str) -> None:
        """The first wins: programs that change a file put theirs before the old one or replace it."""
        if value:
            self.fields.setdefault(name, (value,))
