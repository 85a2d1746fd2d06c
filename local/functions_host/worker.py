"""Microsoft's Python worker library, driven without gRPC and protobuf. One app per process: its registry is global."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as runtime
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.native_invocation import invocation_request_native

from local.functions_host.errors import HostError
from local.functions_host.functions import Binding, Function

PACKAGES = ".python_packages/lib/site-packages"  # where a published package keeps its dependencies


class _Message:
    """Stands in for any protobuf message: keeps the keyword arguments as attributes."""

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)


# "in" is a keyword, so the two classes with enum values are made with type().
_StatusResult = type("StatusResult", (_Message,), {"Failure": 0, "Success": 1, "Cancelled": 2})
_BindingInfo = type("BindingInfo", (_Message,), {"in": 0, "out": 1, "inout": 2, "undefined": 0})
_MESSAGES = [
    "WorkerInitResponse",
    "WorkerMetadata",
    "RpcException",
    "FunctionMetadataResponse",
    "RpcFunctionMetadata",
    "RpcRetryOptions",
]
_PROTOS = SimpleNamespace(
    StatusResult=_StatusResult,
    BindingInfo=_BindingInfo,
    **{name: type(name, (_Message,), {}) for name in _MESSAGES},
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a function gave: its return value and outputs as data, or the error."""

    error: str | None = None
    returned: Datum | None = None
    outputs: list[tuple[str, Datum]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.error is None


async def index(app_dir: Path) -> list[Function]:
    """Imports function_app.py as the platform does; an indexing error comes with the library's own trace."""
    for folder in (app_dir / PACKAGES, app_dir):
        sys.path.insert(0, str(folder))
    runtime.start_threadpool_executor()
    init = SimpleNamespace(capabilities={}, function_app_directory=str(app_dir))
    answer = await runtime.worker_init_request(_request(worker_init_request=init))
    if answer.result.status == 0:
        problem = answer.result.exception
        raise HostError(f"Indexing {app_dir} failed: {problem.message}\n{problem.stack_trace}")
    answer = await runtime.functions_metadata_request(_request(functions_metadata_request=None))
    found = answer.function_metadata_results
    if not found:
        raise HostError(
            f"No functions in {app_dir}: function_app.py was not found there, or it "
            "registered nothing on its FunctionApp"
        )
    return [Function(f.name, f.function_id, tuple(Binding(json.loads(raw)) for raw in f.raw_bindings)) for f in found]


def _request(**fields: object) -> SimpleNamespace:
    return SimpleNamespace(
        request=SimpleNamespace(**fields),
        properties={"protos": _PROTOS, "host": "127.0.0.1"},
    )


class Worker:
    """Runs indexed functions; a run that exceeds the time-out has failed, whatever it does afterwards."""

    def __init__(self, timeout: timedelta | None) -> None:
        self._timeout = timeout
        self._overdue: set[asyncio.Task[Any]] = set()

    async def run(self, function: Function, value: Datum, metadata: dict[str, Datum]) -> Outcome:
        call = asyncio.create_task(
            invocation_request_native(
                str(uuid.uuid4()),
                function.id,
                [(function.trigger.name, value)],
                metadata,
                trace_parent=f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01",
            )
        )
        limit = None if self._timeout is None else self._timeout.total_seconds()
        await asyncio.wait({call}, timeout=limit)
        if not call.done():
            self._abandon(call)
            return Outcome(error=f"Timeout: ran longer than functionTimeout ({self._timeout})")
        if call.cancelled():
            return Outcome(error="CancelledError()")
        ok, returned, outputs, error, _trace = call.result()
        return Outcome(returned=returned, outputs=outputs) if ok else Outcome(error=error)

    def _abandon(self, call: asyncio.Task[Any]) -> None:
        self._overdue.add(call)
        call.add_done_callback(self._overdue.discard)
        call.cancel()
