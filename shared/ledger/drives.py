from __future__ import annotations

from dataclasses import replace

from shared.domain.ids import DriveId
from shared.ledger.keys import instant, instant_text
from shared.ledger.part import Part
from shared.ledger.rows import Cursor, Subscription, SubscriptionState
from shared.ledger.store import Row, Table

_CURSOR, _SUBSCRIPTION = "cursor", "subscription"


class Drives(Part):
    """How far each drive was read, and who tells us that there is more. The doorbell is a part of its own."""

    async def drives(self) -> tuple[DriveId, ...]:
        """All drives with any row. A plain read."""
        rows = self._store.query_across(Table.DRIVES)
        return tuple(dict.fromkeys([DriveId(row.partition) async for row in rows]))

    async def cursor(self, drive: DriveId) -> Cursor | None:
        """A plain read: `save_cursor` is what makes acting on it safe."""
        row = await self._store.get(Table.DRIVES, drive, _CURSOR)
        return _cursor(row) if row else None

    async def save_cursor(self, cursor: Cursor) -> Cursor:
        """Replace If-Match `cursor.etag`, or insert when it is None; LedgerConflict when another scan was quicker."""
        row = Row(cursor.drive, _CURSOR, _cursor_properties(cursor), cursor.etag)
        write = self._store.insert if cursor.etag is None else self._store.replace
        return replace(cursor, etag=await write(Table.DRIVES, row))

    async def subscription(self, drive: DriveId) -> Subscription | None:
        """A plain read: `save_subscription` is what makes acting on it safe."""
        row = await self._store.get(Table.DRIVES, drive, _SUBSCRIPTION)
        return _subscription(row) if row else None

    async def save_subscription(self, subscription: Subscription) -> Subscription:
        """Replace If-Match `subscription.etag`, or insert when it is None; LedgerConflict when another was quicker."""
        row = Row(subscription.drive, _SUBSCRIPTION, _subscription_properties(subscription), subscription.etag)
        write = self._store.insert if subscription.etag is None else self._store.replace
        return replace(subscription, etag=await write(Table.DRIVES, row))

    async def drop_subscription(self, drive: DriveId, *, etag: str | None = None) -> None:
        """Delete, If-Match `etag` where it is given (LedgerConflict when the row is another by now)."""
        await self._store.delete(Table.DRIVES, drive, _SUBSCRIPTION, etag=etag)


def _cursor_properties(cursor: Cursor) -> dict[str, str]:
    properties = {"generation": str(cursor.generation)}
    if cursor.delta_link is not None:
        properties["delta_link"] = cursor.delta_link
    if cursor.next_link is not None:
        properties["next_link"] = cursor.next_link
    return properties


def _cursor(row: Row) -> Cursor:
    return Cursor(
        drive=DriveId(row.partition),
        delta_link=row.properties.get("delta_link"),
        next_link=row.properties.get("next_link"),
        generation=int(row.properties.get("generation", "0")),
        etag=row.etag,
    )


def _subscription_properties(subscription: Subscription) -> dict[str, str]:
    properties = {
        "id": subscription.id,
        "state": subscription.state.value,
        "notification_url": subscription.notification_url,
        "key_id": subscription.key_id,
    }
    if subscription.expires is not None:
        properties["expires"] = instant_text(subscription.expires)
    return properties


def _subscription(row: Row) -> Subscription:
    expires = row.properties.get("expires")
    return Subscription(
        drive=DriveId(row.partition),
        id=row.properties.get("id", ""),
        expires=instant(expires) if expires else None,
        state=SubscriptionState(row.properties.get("state", SubscriptionState.CREATING)),
        notification_url=row.properties.get("notification_url", ""),
        key_id=row.properties.get("key_id", ""),
        etag=row.etag,
    )
