"""Errors as Graph words them: a status, a code, a message, an inner error with the request's id and date."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any


class GraphProblem(Exception):
    def __init__(
        self, status: int, code: str, message: str, *, inner: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.inner = inner
        self.headers = headers or {}

    def body(self, moment: datetime, client_request_id: str = "") -> dict[str, Any]:
        request_id = str(uuid.uuid4())
        inner = {
            "date": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_request_id or request_id,
        }
        if self.inner:
            inner = {"code": self.inner, **inner}
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}


def invalid(message: str) -> GraphProblem:
    return GraphProblem(400, "invalidRequest", message)


def missing(message: str = "The resource could not be found.") -> GraphProblem:
    return GraphProblem(404, "itemNotFound", message)


def name_taken() -> GraphProblem:
    return GraphProblem(
        409,
        "nameAlreadyExists",
        "An item with the same name already exists under the parent",
        inner="nameAlreadyExists",
    )


def precondition_failed() -> GraphProblem:
    return GraphProblem(412, "preconditionFailed", "ETag does not match current item's value")


def locked() -> GraphProblem:
    return GraphProblem(423, "resourceLocked", "The resource you are attempting to access is locked")


def not_supported(message: str) -> GraphProblem:
    return GraphProblem(400, "notSupported", message)


def out_of_quota() -> GraphProblem:
    return GraphProblem(507, "quotaLimitReached", "The drive has reached its storage quota.")
