"""What is wrong and what is worth a look, each at its place in the flow file. Nothing here asks anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.celum.names import nearest
from shared.errors import NameProblem, Problem, ValueDoesNotFit
from shared.flows import IngestFlow, Places, did_you_mean

ALLOW = "Give its role in CELUM this right."  # that of the bridge's user

type Words = Sequence[str]  # that lead to a place in the flow file, see `Places`


@dataclass(slots=True)
class Findings:
    places: Places
    errors: set[Problem] = field(default_factory=set)
    warnings: set[Problem] = field(default_factory=set)

    def of_file(self) -> About:
        return About(self, self.places, "")

    def of_flow(self, flow: IngestFlow) -> About:
        return About(self, self.places.of_flow(flow.id), f"flow {flow.id}: ")


@dataclass(frozen=True, slots=True)
class About:
    """Speaks of the whole file, or of one flow; `who` opens each message as it does in `bridge check`."""

    findings: Findings
    places: Places
    who: str

    def wrong(self, words: Words, text: str, suggestion: str | None = None) -> None:
        self.findings.errors.add(self.places.problem(words, self.who + text, suggestion))

    def worth(self, words: Words, text: str, suggestion: str | None = None) -> None:
        """It works, but not as people may think, or nobody can tell from reading whether it does."""
        self.findings.warnings.add(self.places.problem(words, self.who + text, suggestion))

    def named(self, words: Words, what: str, problem: NameProblem) -> None:
        """A name that leads nowhere, or to several."""
        bare = NameProblem(problem.kind, problem.name, ambiguous=problem.ambiguous)
        self.wrong(words, f"{what}: {bare}.", suggestion(problem))

    def unfit(self, words: Words, what: str, problem: ValueDoesNotFit, known: Sequence[str] = ()) -> None:
        text = f'{what}: "{problem.value}" does not fit "{problem.field}"; accepted: {problem.accepted}.'
        self.wrong(words, text, did_you_mean(problem.value, known))


def key_of(words: Words) -> str:
    """As messages name it: to.asset_type."""
    return ".".join(word for word in words if word)


def in_order(problems: set[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.column, problem.text)))


def suggestion(problem: NameProblem) -> str | None:
    """The one that was probably meant; otherwise what there is."""
    if not problem.candidates:
        return None
    if problem.ambiguous:
        return f"There are {', '.join(problem.candidates)}: rename all but one."
    name = problem.name.rpartition("/")[2] if problem.kind == "collection" else problem.name
    return hint(name, problem.candidates)


def hint(name: str, known: Sequence[str]) -> str | None:
    """The one that was probably meant, or those that come nearest."""
    if not known:
        return None
    return did_you_mean(name, known) or f"There are: {', '.join(nearest(name, known))}."
