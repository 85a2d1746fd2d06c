"""Who may see or edit an item: grants listed, given once, changed and taken back. Sharing links are left alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Person
from shared.errors import Forbidden, Missing, NameProblem, Refused, System, Throttled, Unavailable
from shared.onedrive.addresses import step
from shared.onedrive.answers import Answer, Json, codes_of, error_of, json_of
from shared.onedrive.graph import Graph, objects

# What an invitation answers for somebody the directory does not know is said nowhere: codes, and words of messages.
_UNKNOWN = frozenset({"noresolvedusers", "usersnotfound", "usernotfound", "usercannotberesolved", "invalidrecipient"})
_UNKNOWN_WORDS = ("resolve", "recipient", "guest", "does not exist", "not found", "external")


class Role(StrEnum):
    """What a grant allows, in the words of the flow file."""

    VIEW = "view"
    EDIT = "edit"


_GRAPH_ROLE = {Role.VIEW: "read", Role.EDIT: "write"}


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission of a person or group. Whether it is inherited from a folder above Graph does not say."""

    id: str
    role: Role
    who: Person
    is_group: bool = False

    def is_for(self, who: str) -> bool:
        """`who` is an address or a directory id."""
        return who.casefold() in {self.who.email.casefold(), self.who.id.casefold()}


@dataclass(frozen=True, slots=True)
class Given:
    """`was_there`: somebody had given it before us, or we did in a run whose answer was lost."""

    grant: Grant
    was_there: bool


class Grants:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def list(self, drive: DriveId, item: ItemId) -> tuple[Grant, ...]:
        """Own and inherited ones, without sharing links and owners."""
        found: list[Grant] = []
        url = f"/drives/{step(drive)}/items/{step(item)}/permissions"
        async for page in self._graph.pages(url, f"list the grants of item {item}"):
            found += [grant for raw in page if (grant := grant_of(raw)) is not None]
        return tuple(found)

    async def give(
        self, drive: DriveId, item: ItemId, who: str, role: Role, *, notify: bool = False, inherit: bool = True
    ) -> Given:
        """To an address or directory id, unless it has the role already (or more), so that nobody is mailed twice.

        `inherit=False` ends what the item inherits; Graph does so only with an item's first grant. NameProblem
        ("person") for an address that the directory does not know: an app cannot invite new guests.
        """
        for grant in await self.list(drive, item):
            if grant.is_for(who) and role in {Role.VIEW, grant.role}:
                return Given(grant, was_there=True)
        operation = f"grant access to item {item}"
        body: Json = {
            "recipients": [{"email": who} if "@" in who else {"objectId": who}],
            "roles": [_GRAPH_ROLE[role]],
            "requireSignIn": True,
            "sendInvitation": notify,
        }
        if not inherit:
            body["retainInheritedPermissions"] = False
        answer = await self._graph.send(
            "POST", f"/drives/{step(drive)}/items/{step(item)}/invite", operation, body=body
        )
        return Given(_given(answer, who, operation), was_there=False)

    async def change(self, drive: DriveId, item: ItemId, grant: str, role: Role) -> Grant:
        """Missing when somebody has taken it back; Forbidden when it is given on a folder above."""
        operation = f"change a grant of item {item}"
        raw = await self._graph.call("PATCH", _url(drive, item, grant), operation, body={"roles": [_GRAPH_ROLE[role]]})
        changed = grant_of(raw)
        if changed is None:
            raise Unavailable(System.ONEDRIVE, operation, "an answer without a grant")
        return changed

    async def remove(self, drive: DriveId, item: ItemId, grant: str) -> None:
        """Also fine when it, or the item, is gone. Only ever for an id that `give` returned as new."""
        try:
            await self._graph.call("DELETE", _url(drive, item, grant), f"take back a grant of item {item}")
        except Missing:
            return


def _url(drive: DriveId, item: ItemId, grant: str) -> str:
    return f"/drives/{step(drive)}/items/{step(item)}/permissions/{step(grant)}"


def _given(answer: Answer, who: str, operation: str) -> Grant:
    """The one grant that was asked for: an error may come for the call or, within a good answer, for the person."""
    if not 200 <= answer.status < 300:
        problem = error_of(answer, operation)
        if codes_of(answer) & _UNKNOWN or (isinstance(problem, Refused) and _says_unknown(problem.came_back)):
            raise NameProblem("person", who) from problem
        if isinstance(problem, Forbidden) and "guest" in problem.came_back.casefold():
            raise NameProblem("person", who) from problem
        raise problem
    for raw in objects(json_of(answer, operation).get("value")):
        error = raw.get("error")
        if isinstance(error, dict):
            code, message = str(error.get("code", "")), str(error.get("message", ""))
            if code.casefold() in {"activitylimitreached", "toomanyrequests"}:
                raise Throttled(System.ONEDRIVE, operation, f"{code} {message}", status=429, retry_after=None)
            raise NameProblem("person", who) from Refused(System.ONEDRIVE, operation, message, status=400, code=code)
        grant = grant_of(raw)
        if grant is not None:
            return grant
    raise Unavailable(System.ONEDRIVE, operation, "an answer without a grant")


def _says_unknown(came_back: str) -> bool:
    """Of a 400 alone: elsewhere the same words may be meant for the item."""
    told = came_back.casefold()
    return any(word in told for word in (*_UNKNOWN, *_UNKNOWN_WORDS))


def grant_of(raw: Json) -> Grant | None:
    """None for links, owners, and what names no person or group of the directory."""
    roles = raw.get("roles")
    if not isinstance(roles, list) or not raw.get("id") or raw.get("link") or "owner" in roles:
        return None
    granted = raw.get("grantedToV2") or raw.get("grantedTo")
    if not isinstance(granted, dict):
        return None
    for kind in ("group", "user", "siteUser"):
        who = granted.get(kind)
        if isinstance(who, dict) and (who.get("id") or who.get("email")):
            person = Person(str(who.get("id") or ""), str(who.get("displayName") or ""), str(who.get("email") or ""))
            role = Role.EDIT if "write" in roles else Role.VIEW
            return Grant(str(raw["id"]), role, person, is_group=kind == "group")
    return None
