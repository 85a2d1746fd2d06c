"""host.json as far as this host obeys it: defaults and limits of the platform documentation."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from local.functions_host.errors import HostError

type Json = dict[str, object]

DEFAULT_TIMEOUT = timedelta(minutes=30)  # Flex Consumption, Premium and Dedicated
LONGEST_VISIBILITY = timedelta(days=7)  # of a message in Azure Storage

_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):([0-5]?\d):([0-5]?\d(?:\.\d{1,7})?)")


@dataclass(frozen=True, slots=True)
class QueueOptions:
    batch_size: int = 16
    new_batch_threshold: int = 8
    max_polling_interval: timedelta = timedelta(minutes=1)
    visibility_timeout: timedelta = timedelta(0)
    max_dequeue_count: int = 5
    message_encoding: Literal["base64", "none"] = "base64"


@dataclass(frozen=True, slots=True)
class HostOptions:
    queues: QueueOptions
    function_timeout: timedelta | None = DEFAULT_TIMEOUT
    route_prefix: str = "api"


def read_host_json(path: Path) -> HostOptions:
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise HostError(
            f"{path} cannot be read ({problem.strerror}); every function app needs a host.json"
        ) from problem
    except ValueError as problem:
        raise HostError(f"{path} is not valid JSON: {problem}") from problem
    try:
        return parse_host_json(content)
    except HostError as problem:
        raise HostError(f"{path}: {problem}") from problem


def parse_host_json(content: object) -> HostOptions:
    document = _section(content, "the document")
    if document.get("version") != "2.0":
        raise HostError(f'version must be "2.0", not {json.dumps(document.get("version"))}')
    extensions = _section(document.get("extensions", {}), "extensions")
    return HostOptions(
        queues=_queues(_section(extensions.get("queues", {}), "extensions.queues")),
        function_timeout=_timeout(document.get("functionTimeout")),
        route_prefix=_prefix(_section(extensions.get("http", {}), "extensions.http").get("routePrefix", "api")),
    )


def _section(value: object, name: str) -> Json:
    if not isinstance(value, dict):
        raise HostError(f"{name} must be an object, not {json.dumps(value)}")
    return value


def _queues(section: Json) -> QueueOptions:
    values = {key: _QUEUE_KEYS[key](f"extensions.queues.{key}", section[key]) for key in section if key in _QUEUE_KEYS}
    if unknown := sorted(section.keys() - _QUEUE_KEYS.keys()):
        raise HostError(
            f"unknown key extensions.queues.{unknown[0]} = {json.dumps(section[unknown[0]])}; "
            f"the limit is: one of {', '.join(_QUEUE_KEYS)}"
        )
    batch = values.get("batchSize", QueueOptions().batch_size)
    values.setdefault("newBatchThreshold", int(str(batch)) * processor_count() // 2)
    return QueueOptions(**{_FIELDS[key]: value for key, value in values.items()})  # type: ignore[arg-type]  # checked by _QUEUE_KEYS


def processor_count() -> int:
    """One on classic Consumption, whatever the machine has elsewhere."""
    return 1 if os.environ.get("WEBSITE_SKU") == "Dynamic" else os.process_cpu_count() or 1


def _whole(lowest: int, highest: int | None = None) -> Callable[[str, object], int]:
    limit = f"a whole number from {lowest} to {highest}" if highest else f"a whole number, at least {lowest}"

    def check(key: str, value: object) -> int:
        if type(value) is not int or value < lowest or (highest is not None and value > highest):
            raise HostError(f"{key} = {json.dumps(value)} is outside its limit: {limit}")
        return value

    return check


def _span(lowest: timedelta, highest: timedelta | None, limit: str) -> Callable[[str, object], timedelta]:
    def check(key: str, value: object) -> timedelta:
        span = parse_time_span(value)
        if span is None or span < lowest or (highest is not None and span > highest):
            raise HostError(f"{key} = {json.dumps(value)} is outside its limit: {limit}")
        return span

    return check


def _encoding(key: str, value: object) -> str:
    if not isinstance(value, str) or value.lower() not in {"base64", "none"}:
        raise HostError(f'{key} = {json.dumps(value)} is outside its limit: "base64" or "none"')
    return value.lower()


def parse_time_span(value: object) -> timedelta | None:
    """A .NET TimeSpan, `[d.]hh:mm:ss[.fffffff]`; None for anything else."""
    if not isinstance(value, str) or not (found := _TIME_SPAN.fullmatch(value)) or int(found[2]) > 23:
        return None
    return timedelta(days=int(found[1] or 0), hours=int(found[2]), minutes=int(found[3]), seconds=float(found[4]))


def _timeout(value: object) -> timedelta | None:
    """None means without limit."""
    if value is None:
        return DEFAULT_TIMEOUT
    if value == "-1":
        return None
    span = parse_time_span(value)
    if span is None or span < timedelta(seconds=1):
        raise HostError(
            f'functionTimeout = {json.dumps(value)} is outside its limit: "hh:mm:ss" of at least one second, or "-1"'
        )
    return span


def _prefix(value: object) -> str:
    if not isinstance(value, str):
        raise HostError(f"extensions.http.routePrefix = {json.dumps(value)} is outside its limit: a string")
    return value.strip("/")


_FIELDS = {
    "batchSize": "batch_size",
    "newBatchThreshold": "new_batch_threshold",
    "maxPollingInterval": "max_polling_interval",
    "visibilityTimeout": "visibility_timeout",
    "maxDequeueCount": "max_dequeue_count",
    "messageEncoding": "message_encoding",
}
_QUEUE_KEYS: dict[str, Callable[[str, object], object]] = {
    "batchSize": _whole(1, 32),
    "newBatchThreshold": _whole(0),
    "maxPollingInterval": _span(timedelta(milliseconds=100), None, '"hh:mm:ss", at least 100 ms ("00:00:00.1")'),
    "visibilityTimeout": _span(timedelta(0), LONGEST_VISIBILITY, '"hh:mm:ss" from 0 to 7 days'),
    "maxDequeueCount": _whole(1),
    "messageEncoding": _encoding,
}
