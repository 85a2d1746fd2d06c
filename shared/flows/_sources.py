"""The dotted values that a flow may use, and templates made of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from shared.flows._grammar import EMBEDDED_VALUES, FILE_VALUES, RUN_VALUES, STATUS_VALUES
from shared.flows._section import did_you_mean

OTHER_SHAPES = ("field", "collection", "asset")  # values of the CELUM side
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: `column` and `UsageRights`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"


@dataclass(frozen=True, slots=True)
class Template:
    """A text with values in it; `parts` are the pieces in order."""

    text: str
    parts: tuple[str | Source, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(part for part in self.parts if isinstance(part, Source))


class SourceProblem(ValueError):
    def __init__(self, text: str, suggestion: str | None = None) -> None:
        self.suggestion = suggestion
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The values that may stand in one place of one flow."""

    path: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    writing: bool = False  # in `columns`: what is written back, never what is read from a column
    unsure: Collection[str] = ()  # path, name: its pattern is itself wrong, and one mistake is one problem
    unset: Mapping[str, str] = field(default_factory=dict)  # source → the app setting that it lacks

    def words(self) -> Collection[str]:
        listed = [f"path.{name}" for name in (*self.path, "folder")] + [f"name.{name}" for name in self.name]
        listed += [f"file.{name}" for name in FILE_VALUES] + [f"run.{name}" for name in RUN_VALUES]
        listed += [] if self.writing else [f"embedded.{name}" for name in EMBEDDED_VALUES]
        return listed + (["asset.url"] + [f"run.{name}" for name in STATUS_VALUES] if self.writing else [])

    def source(self, text: str) -> Source:
        """Everything after the first dot is the name: a column may be called "a.b"."""
        kind, dot, name = text.partition(".")
        if not dot or not name.strip():
            raise SourceProblem(f'"{text}" is not a source.', self._nearest(text))
        if text in self.unset and self.writing:
            raise SourceProblem(f'"{text}" comes from the app setting {self.unset[text]}, which is not set.', "Set it.")
        if kind in {"column", "office"} and not self.writing:
            return Source(kind, name)
        if kind == "embedded" and ":" in name and not self.writing:
            return Source(kind, name)  # a raw name with its prefix: dc:title
        if text in self.words() or kind in self.unsure:
            return Source(kind, name)
        raise self._problem(text, kind, name)

    def template(self, text: str) -> Template:
        parts: list[str | Source] = []
        for index, piece in enumerate(_PLACEHOLDER.split(text)):
            if index % 2 == 0:
                if "{" in piece or "}" in piece:
                    raise SourceProblem(f'"{text}" has a brace without its partner.')
                parts += [piece] if piece else []
            elif "." in piece:
                parts.append(self.source(piece))
            elif piece in self.path or "path" in self.unsure:
                parts.append(Source("path", piece))
            else:
                raise SourceProblem(f'from.path has no capture "{piece}".', did_you_mean(piece, self.path))
        return Template(text, tuple(parts))

    def _problem(self, text: str, kind: str, name: str) -> SourceProblem:
        if kind == "run" and name in STATUS_VALUES:
            return SourceProblem(f'"{text}" is known only in columns.')
        if (
            kind in {"column", "office"}
            or (kind == "embedded" and self.writing)
            or (kind in OTHER_SHAPES and not self.writing)
        ):
            return SourceProblem(f'"{text}" cannot be used here.')
        if kind in {"path", "name"}:
            where = "from.path" if kind == "path" else "accept.name"
            return SourceProblem(f'{where} has no capture "{name}".', self._nearest(text))
        return SourceProblem(f'"{text}" is not a source.', self._nearest(text))

    def _nearest(self, text: str) -> str | None:
        kind, _, name = text.partition(".")
        is_closed = kind in {known.partition(".")[0] for known in self.words()}
        for open_kind in () if self.writing or is_closed or not name else ("column", "office"):
            if did_you_mean(kind, (open_kind,)):
                return f'Did you mean "{open_kind}.{name}"?'
        return did_you_mean(text, self.words())
