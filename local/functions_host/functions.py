from __future__ import annotations

from dataclasses import dataclass

from local.functions_host.errors import HostError

TRIGGERS = {"httpTrigger", "timerTrigger", "queueTrigger"}
OUTPUTS = {"http", "queue"}


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding as the worker library describes it to a host."""

    values: dict[str, object]

    @property
    def type(self) -> str:
        return self.text("type")

    @property
    def name(self) -> str:
        return self.text("name")

    def text(self, key: str) -> str:
        value = self.values.get(key)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    id: str
    bindings: tuple[Binding, ...]

    @property
    def trigger(self) -> Binding:
        return next(binding for binding in self.bindings if binding.type in TRIGGERS)

    def output(self, name: str) -> Binding:
        return next(binding for binding in self.bindings if binding.name == name and binding.type in OUTPUTS)

    def check(self) -> None:
        """Refuses what this host cannot run, instead of leaving it out in silence."""
        for binding in self.bindings:
            if binding.type not in TRIGGERS | OUTPUTS:
                raise HostError(
                    f"Function {self.name}: a binding of type '{binding.type}' is not known to the local host; "
                    f"it knows {', '.join(sorted(TRIGGERS | OUTPUTS))}"
                )
        if not any(binding.type in TRIGGERS for binding in self.bindings):
            raise HostError(f"Function {self.name} has no trigger")
