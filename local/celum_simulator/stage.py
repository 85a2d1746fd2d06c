"""Acts on assets as one of the users, with the rules of the API; and the state of the tenant, told comparably."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from local.celum_simulator import assets, blobs, collections, events, rights
from local.celum_simulator.bench import ADMIN, Bench
from local.celum_simulator.model import LOCALIZED, REFERENCES, Asset, Upload, User
from local.celum_simulator.reading import Body
from local.celum_simulator.refusals import Json
from local.celum_simulator.render import View
from local.celum_simulator.snapshot import Snapshot, snapshot

type Given = str | int | float | bool | datetime | Mapping[str, str] | Iterable[str] | None


@dataclass(frozen=True, slots=True)
class Availability:
    """From and to; both None and `available` for an asset without dates."""

    start: datetime | None = None
    end: datetime | None = None
    available: bool = True

    def json(self) -> Json:
        if self.start is None and self.end is None:
            return {"type": "DIRECT", "available": self.available}
        out: Json = {"type": "DATED"}
        if self.start is not None:
            out["from"] = _iso(self.start)
        if self.end is not None:
            out["to"] = _iso(self.end)
        return out


class Stage(Bench):
    """Fields by label, collections by path, options by label."""

    def add_asset(
        self,
        filename: str,
        content: bytes,
        *,
        parents: Iterable[str],
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - the API's word
        fields: Mapping[str, Given] | None = None,
        as_user: str = ADMIN,
    ) -> int:
        """The first parent must be permission-defining, as for the API."""
        first, *others = (self.collection(path).id for path in parents)
        user = self.user(as_user)
        body: Json = {"parentId": first, "uploadHandle": self._uploaded(user, filename, content)}
        if name is not None:
            body["name"] = name
        if type is not None:
            body["typeId"] = self.asset_type(type).id
        if fields:
            body["informationFieldValues"] = [self._raw(label, value) for label, value in fields.items()]
        asset = assets.create(self.tenant, user, Body.of(body, ""))
        events.asset_changed(View(self.tenant, user), None, asset)
        if others:
            self.patch_asset(asset.id, {"parentIds": {"op": "MODIFY", "add": others}}, as_user=as_user)
        return asset.id

    def create_as(self, as_user: str, body: Json) -> int:
        """With a body as the API takes it; without a handle it becomes a placeholder."""
        user = self.user(as_user)
        asset = assets.create(self.tenant, user, Body.of(body, ""))
        events.asset_changed(View(self.tenant, user), None, asset)
        return asset.id

    def change_asset(
        self,
        asset_id: int,
        *,
        as_user: str = ADMIN,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - the API's word
        fields: Mapping[str, Given] | None = None,
        availability: Availability | None = None,
        add_to: Iterable[str] = (),
        remove_from: Iterable[str] = (),
    ) -> Asset:
        """As a person does in CELUM; a field whose value is None is cleared."""
        body: Json = {}
        if name is not None:
            body["name"] = name
        if type is not None:
            body["typeId"] = self.asset_type(type).id
        if fields:
            body["informationFieldValues"] = [self._operation(label, value) for label, value in fields.items()]
        if availability is not None:
            body["availability"] = availability.json()
        add, remove = ([self.collection(path).id for path in paths] for paths in (add_to, remove_from))
        if add or remove:
            body["parentIds"] = {"op": "MODIFY", "add": add, "remove": remove}
        return self.patch_asset(asset_id, body, as_user=as_user)

    def change_collection(self, path: str, *, fields: Mapping[str, Given], as_user: str = ADMIN) -> None:
        """As a person does in CELUM; a field whose value is None is cleared."""
        operations = [self._operation(label, value) for label, value in fields.items()]
        self.patch_collection(path, {"informationFieldValues": operations}, as_user=as_user)

    def add_collection_as(self, path: str, *, as_user: str = ADMIN) -> int:
        """As a person makes it; what is above it must be there."""
        above, _, name = path.rpartition("/")
        user = self.user(as_user)
        body: Json = {"name": {"en": name}, "parentId": self.collection(above).id}
        made = collections.create(self.tenant, user, Body.of(body, ""))
        events.collection_changed(View(self.tenant, user), None, made)
        return made.id

    def patch_collection(self, path: str, body: Json, *, as_user: str = ADMIN) -> None:
        """With a body as the API takes it: renamed, moved, its fields changed."""
        user, before = self.user(as_user), self.collection(path)
        after = collections.update(self.tenant, user, before, Body.of(body, ""))
        events.collection_changed(View(self.tenant, user), before, after)

    def delete_collection(self, path: str, *, as_user: str = ADMIN) -> None:
        user, before = self.user(as_user), self.collection(path)
        view = View(self.tenant, user)
        told = view.collection(before, events.PLAIN)
        collections.delete(self.tenant, user, before)
        events.collection_deleted(view, told)

    def patch_asset(self, asset_id: int, body: Json, *, as_user: str = ADMIN) -> Asset:
        """With a body as the API takes it."""
        user = self.user(as_user)
        before = rights.visible_asset(self.tenant, user, asset_id)
        after = assets.update(self.tenant, user, before, Body.of(body, ""))
        events.asset_changed(View(self.tenant, user), before, after)
        return after

    def lock_asset(self, asset_id: int, comment: str, *, as_user: str = ADMIN) -> None:
        self.patch_asset(asset_id, {"lock": {"op": "SET", "comment": comment}}, as_user=as_user)

    def add_version(self, asset_id: int, filename: str, content: bytes, *, as_user: str = ADMIN) -> int:
        user = self.user(as_user)
        before = rights.visible_asset(self.tenant, user, asset_id)
        handle = self._uploaded(user, filename, content)
        added = assets.add_version(
            self.tenant, user, before, Body.of({"filename": filename, "uploadHandle": handle}, "")
        )
        events.asset_changed(View(self.tenant, user), before, self.tenant.assets[asset_id])
        return added.id

    def delete_asset(self, asset_id: int, *, as_user: str = ADMIN) -> None:
        user = self.user(as_user)
        before = rights.visible_asset(self.tenant, user, asset_id)
        assets.delete(self.tenant, user, before)
        events.asset_changed(View(self.tenant, user), before, None)

    def asset(self, asset_id: int) -> Asset:
        return self.tenant.assets[asset_id]

    def assets(self) -> list[Asset]:
        return list(self.tenant.assets)

    def content(self, asset_id: int) -> bytes:
        """The bytes of the current version."""
        blob = self.asset(asset_id).version.blob
        return blob.path.read_bytes() if blob else b""

    def snapshot(self) -> Snapshot:
        return snapshot(self.tenant)

    def _uploaded(self, user: User, filename: str, content: bytes) -> str:
        upload = Upload(
            handle=secrets.token_urlsafe(24),
            token=secrets.token_urlsafe(24),
            filename=filename,
            filesize=len(content),
            user_id=user.id,
            created=self.clock.now(),
            blob=blobs.store(self.tenant.new_file(), content, self.quirks.checksum),
        )
        self.tenant.uploads[upload.token] = upload
        return upload.handle

    def _raw(self, label: str, value: Given) -> Json:
        field = self.field(label)
        return {"id": field.id, "type": field.type, "value": self._wire(label, value)}

    def _operation(self, label: str, value: Given) -> Json:
        field = self.field(label)
        operation: Json = {"op": "SET", "value": self._wire(label, value)}
        if value is None:
            operation = {"op": "CLEAR"}
        elif field.type in LOCALIZED:
            operation = {"op": "MODIFY", "set": self._wire(label, value)}
        return {"id": field.id, "type": field.type, "value": operation}

    def _wire(self, label: str, value: Given) -> object:
        field = self.field(label)
        if isinstance(value, datetime):
            return _iso(value)
        if field.type == "DROPDOWN" and isinstance(value, str):
            return next(i for i, labels in field.options.items() if labels["en"] == value)
        if field.type in REFERENCES and isinstance(value, Iterable):
            return [self.collection(path).id for path in value]
        return dict(value) if isinstance(value, Mapping) else value


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
