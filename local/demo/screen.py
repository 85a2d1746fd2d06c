"""What the demo shows: bars that move in a terminal, plain lines anywhere else."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

PLAIN_WIDTH = 118  # of a log file, which has no width of its own


class Screen:
    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        if not self.console.is_terminal:
            self.console.width = max(self.console.width, PLAIN_WIDTH)
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def title(self, text: str) -> None:
        self.console.print(f"\n[bold]{text}[/]")

    def say(self, text: str) -> None:
        self.console.print(f"  {text}", soft_wrap=True)

    def good(self, text: str) -> None:
        self.console.print(f"  [green]✓[/] {escape(text)}", soft_wrap=True)

    def bad(self, text: str) -> None:
        self.console.print(f"  [red]✗ {escape(text)}[/]", soft_wrap=True)

    def table(self, table: Table) -> None:
        self.console.print(table)

    @contextmanager
    def following(self, names: Iterable[str]) -> Iterator[Follow]:
        """Bars or lines for these files, for as long as the block runs."""
        if not self.console.is_terminal:
            yield Follow(self)
            return
        columns = (TextColumn("  {task.description}"), BarColumn(30), TextColumn("[dim]{task.fields[words]}"))
        with Progress(*columns, console=self.console, refresh_per_second=8) as progress:
            bars = {name: progress.add_task(name, total=1, words="") for name in names}
            yield Bars(self, progress, bars)


class Follow:
    """Plain: a line whenever a file has come further, every tenth of long ones."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._last: dict[str, tuple[str, int]] = {}

    def show(self, name: str, part: float, words: str) -> None:
        news = (words.partition(",")[0], int(part * 10))
        if self._last.get(name) != news:
            self._last[name] = news
            self._screen.say(f"{self._screen.seconds:5.1f} s  {name:<22}  {words}")


class Bars(Follow):
    def __init__(self, screen: Screen, progress: Progress, bars: dict[str, TaskID]) -> None:
        super().__init__(screen)
        self._progress = progress
        self._bars = bars

    def show(self, name: str, part: float, words: str) -> None:
        self._progress.update(self._bars[name], completed=part, words=words)
