"""What must be so at the end. Each check is said when it is made, and counted."""

from __future__ import annotations

from local.demo.screen import Screen


class StoryEndedError(Exception):
    """What should have happened did not; nothing that would follow makes sense."""


class Checks:
    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.made = 0
        self.failed: list[str] = []

    def that(self, what: str, holds: bool, otherwise: object = "", *, quietly: bool = False) -> None:
        """`quietly`: of those that hold only the number is shown."""
        self.made += 1
        if not holds:
            said = f"{what}: {otherwise}" if otherwise else what
            self.failed.append(said)
            self._screen.bad(said)
        elif not quietly:
            self._screen.good(what)

    def equal(self, what: str, got: object, wanted: object, *, quietly: bool = False) -> None:
        self.that(what, got == wanted, f"is {got!r}, should be {wanted!r}", quietly=quietly)
