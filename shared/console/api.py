"""`/api/v1`: which path leads where, for whom; and how what goes wrong is said."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from shared.console import actions, shapes, views
from shared.console.callers import NOBODY, Role, caller
from shared.console.checking import checked
from shared.console.health import details
from shared.engine.context import Context, log
from shared.engine.operating import CannotBeDone, NotKnown
from shared.errors import BridgeError, LedgerConflict, RemoteError

LONGEST_BODY = 16 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: BaseModel


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter; `pattern` is what its value must look like."""

    name: str
    about: str
    pattern: str = ".+"


@dataclass(frozen=True, slots=True)
class View:
    """`one_of`: exactly one of these parameters is needed."""

    read: Callable[[Context, Mapping[str, str]], Awaitable[BaseModel]]
    shape: type[BaseModel]
    about: str
    query: tuple[Query, ...] = ()
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    act: Callable[[Context, Any, str], Awaitable[BaseModel]]
    body: type[BaseModel]
    about: str


VIEWS: Mapping[str, View] = {
    "status": View(views.status, shapes.Status, "Flows, freshness, subscriptions, what is held and failed"),
    "find": View(
        views.find, shapes.Found, "Where is a file?", (Query("name", "a part of its path, in any case"),), ("name",)
    ),
    "explain": View(
        views.explain,
        shapes.Explained,
        "Every rule tested on a file, the values used, the outcome, and what would change it",
        (Query("path", "from the library's root", "/.+"), Query("asset", "the id of an asset", "[0-9]{1,18}")),
        ("path", "asset"),
    ),
    "attention": View(
        views.attention,
        shapes.AttentionList,
        "What people have to look at",
        (Query("kind", "only these", "held|failed|waiting"), Query("flow", "only of this flow")),
    ),
    "check": View(
        checked,
        shapes.Checked,
        "Every name, right and capability that the flow file relies on, against both live systems. Reads only",
    ),
    "health": View(details, shapes.Health, "How the app is, with what is wrong"),
}
ACTIONS: Mapping[str, Action] = {
    "pause": Action(actions.pause, shapes.OneFlow, "Nothing of the flow is decided or carried on; changes are noticed"),
    "resume": Action(actions.resume, shapes.OneFlow, "Let it run, and release the next files that were there before"),
    "brake": Action(actions.brake, shapes.BrakeDecision, "Decide what becomes of the work that the brake stopped"),
    "retire": Action(actions.retire, shapes.Retirement, "Forget a flow that is gone from the flow file"),
    "accept": Action(actions.accept, shapes.Acceptance, "Decide about one held or failed file"),
    "replay": Action(actions.replay, shapes.Replay, "Try again what is held or has failed"),
}


async def answer(context: Context, request: Request) -> Answer:
    """Never raises for what a caller can do wrong, and never shows them more than one sentence of it."""
    who = caller(context.settings, request.headers)
    if who is NOBODY:
        return _problem(401, "sign in first: this app believes only the sign-in of its platform")
    try:
        return await _routed(context, request, who.name or "", {role for role in Role if who.may(role)})
    except NotKnown as problem:
        return _problem(404, str(problem))
    except (CannotBeDone, LedgerConflict) as problem:
        return _problem(409, str(problem))
    except RemoteError as problem:
        return _problem(502, str(problem))
    except BridgeError as problem:
        log.exception("the API could not answer %s %s", request.method, request.path)
        return _problem(503, str(problem))


async def _routed(context: Context, request: Request, who: str, roles: set[Role]) -> Answer:
    path = request.path.strip("/")
    view, action = VIEWS.get(path), ACTIONS.get(path)
    if view is None and action is None:
        return _problem(404, f"there is no /api/v1/{path}; there are {', '.join([*VIEWS, *ACTIONS])}")
    if view is not None and request.method == "GET":
        if Role.READ not in roles:
            return _problem(403, f"the role {Role.READ} is needed")
        wrong = _wrong_query(view, request.query)
        return _problem(400, wrong) if wrong else Answer(200, await view.read(context, request.query))
    if action is not None and request.method == "POST":
        if Role.OPERATE not in roles:
            return _problem(403, f"the role {Role.OPERATE} is needed")
        return await _act(context, action, request, who)
    return _problem(405, f"/api/v1/{path} is asked with {'GET' if view else 'POST'}")


def _wrong_query(view: View, query: Mapping[str, str]) -> str:
    known = {one.name: one for one in view.query}
    for name, value in query.items():
        if name == "code":
            continue  # the function key
        if name not in known:
            return f'there is no parameter "{name}"'
        if re.fullmatch(known[name].pattern, value, re.DOTALL) is None:
            return f'"{value}" is no {name}'
    if view.one_of and sum(name in query for name in view.one_of) != 1:
        return f"{' or '.join(view.one_of)} is needed"
    return ""


async def _act(context: Context, action: Action, request: Request, who: str) -> Answer:
    """JSON only: a form of another site, which a browser would send with this one's sign-in, is not."""
    kind = {name.lower(): value for name, value in request.headers.items()}.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != "application/json":
        return _problem(415, "the body must be application/json")
    if len(request.body) > LONGEST_BODY:
        return _problem(413, f"the body is longer than {LONGEST_BODY} bytes")
    try:
        body = action.body.model_validate_json(request.body or b"{}")
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        return _problem(400, f"{'.'.join(map(str, first['loc'])) or 'the body'}: {first['msg']}")
    return Answer(200, await action.act(context, body, who))


def _problem(status: int, text: str) -> Answer:
    return Answer(status, shapes.Problem(error=text))
