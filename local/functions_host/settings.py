"""App settings as the platform sees them: the process environment, and below it `Values` of local.settings.json."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, MutableMapping
from pathlib import Path

from local.functions_host.errors import HostError
from local.functions_host.functions import Binding, Function

HOST_STORAGE = "AzureWebJobsStorage"
_PLACEHOLDER = re.compile(r"%([^%\s]+)%")


def add_settings_file(path: Path, environ: MutableMapping[str, str] = os.environ) -> None:
    """Puts `Values` of the file into the environment; what is set there already wins."""
    for name, value in _values(path).items():
        if not isinstance(value, str):
            raise HostError(f"{path}: Values.{name} must be a string, as an app setting is, not {json.dumps(value)}")
        environ.setdefault(name, value)


def _values(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise HostError(f"The settings file {path} cannot be read: {problem.strerror}") from problem
    except ValueError as problem:
        raise HostError(f"The settings file {path} is not valid JSON: {problem}") from problem
    if not isinstance(content, dict) or not isinstance(content.get("Values", {}), dict):
        raise HostError(f"{path} must be an object with an object 'Values'")
    if content.get("IsEncrypted"):
        raise HostError(f"{path} is encrypted (IsEncrypted); decrypt it with `func settings decrypt`")
    return dict(content.get("Values", {}))


def resolve(functions: Iterable[Function]) -> list[Function]:
    """Replaces `%NAME%` in all bindings and checks their connections; names every missing setting at once."""
    missing: dict[str, list[str]] = {}
    resolved = [_resolved(function, missing) for function in functions]
    for function in resolved:
        for name in _connections(function):
            if not os.environ.get(name):
                missing.setdefault(name, []).append(f"connection of {function.name}")
    if missing:
        lines = [f"  {name}  ({', '.join(dict.fromkeys(users))}){_hint(name)}" for name, users in missing.items()]
        raise HostError(
            "Missing app settings; set them in the environment or under Values in local.settings.json:\n"
            + "\n".join(lines)
        )
    return resolved


def _resolved(function: Function, missing: dict[str, list[str]]) -> Function:
    def text(value: str) -> str:
        for name in _PLACEHOLDER.findall(value):
            if name not in os.environ:
                missing.setdefault(name, []).append(f"%{name}% in {function.name}")
        return _PLACEHOLDER.sub(lambda found: os.environ.get(found[1], found[0]), value)

    bindings = tuple(
        Binding({key: text(value) if isinstance(value, str) else value for key, value in binding.values.items()})
        for binding in function.bindings
    )
    return Function(function.name, function.id, bindings)


def _connections(function: Function) -> list[str]:
    """The settings that hold the storage accounts of a function; a timer keeps its state in the host's own."""
    queues = [b.text("connection") or HOST_STORAGE for b in function.bindings if b.type in {"queue", "queueTrigger"}]
    return queues if function.trigger.type == "httpTrigger" else [*queues, HOST_STORAGE]


def _hint(name: str) -> str:
    if any(key.startswith(f"{name}__") for key in os.environ):
        return f": only {name}__… is set, but this host knows no identity connections; use a connection string"
    return ""


def is_disabled(function: Function) -> bool:
    """As on the platform: `AzureWebJobs.<function>.Disabled` switches one function off."""
    return os.environ.get(f"AzureWebJobs.{function.name}.Disabled", "").lower() in {"1", "true"}
