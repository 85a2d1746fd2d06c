"""What a test or a seed says about a tenant without going through HTTP: by labels and paths instead of ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from local.celum_simulator import tree
from local.celum_simulator.clock import Clock
from local.celum_simulator.model import (
    FULL,
    GLOBAL,
    AssetType,
    Collection,
    CollectionType,
    FieldSet,
    FieldType,
    InformationField,
    Level,
    Stamp,
    User,
    Value,
)
from local.celum_simulator.quirks import Quirks
from local.celum_simulator.tenant import LANGUAGES, Tenant

ADMIN = "admin"
EVERYTHING: Mapping[str, frozenset[str]] = {"/": FULL}


class Bench:
    """The helpers of `CelumSimulator`."""

    def __init__(self, tenant: Tenant) -> None:
        self.adopt(tenant)

    def adopt(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.add_user(ADMIN, may=GLOBAL | {"managePermissions"})

    @property
    def quirks(self) -> Quirks:
        return self.tenant.quirks

    @property
    def clock(self) -> Clock:
        return self.tenant.clock

    def catch_up(self) -> None:
        """Let lists and searches see everything that was written."""
        self.tenant.catch_up()

    # people

    def add_user(
        self,
        username: str,
        *,
        key: str | None = None,
        password: str | None = None,
        grants: Mapping[str, frozenset[str]] = EVERYTHING,
        may: frozenset[str] = GLOBAL,
    ) -> User:
        """`grants`: permission names by collection path; "/" is the whole tenant."""
        by_id = {None if path == "/" else self.collection(path).id: names for path, names in grants.items()}
        user = User(
            id=self.tenant.next_id(),
            username=username,
            created=self.clock.now(),
            password=password,
            grants=by_id,
            may=may,
        )
        self.tenant.users[user.id] = user
        if key is not None:
            self.tenant.keys[key] = user.id
        return user

    def user(self, username: str) -> User:
        return next(u for u in self.tenant.users.values() if u.username == username)

    def change_user(self, username: str, **members: object) -> None:
        """For example `may=frozenset()` or `uneditable_fields=frozenset({sim.field("Rating").id})`."""
        user = self.user(username)
        self.tenant.users[user.id] = replace(user, **members)  # type: ignore[arg-type]  # members of User by name

    def revoke(self, key: str) -> None:
        self.tenant.keys.pop(key, None)

    # definitions

    def add_field(
        self,
        label: str,
        type: FieldType,  # noqa: A002 - the API's word
        *,
        required: bool = False,
        options: Iterable[str] = (),
        locales: Iterable[str] = LANGUAGES,
        root: str | None = None,
        labels: Mapping[str, str] | None = None,
        default: Value | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        pattern: str | None = None,
        min_value: float | None = None,
        max_value: float | None = None,
        max_selections: int | None = None,
    ) -> int:
        """Options get the indexes 1, 2, …; `root` is the path below which references must lie."""
        field = InformationField(
            id=self.tenant.next_id(),
            name=_camel(label),
            type=type,
            labels=labels or {"en": label},
            required=required,
            options={i: dict.fromkeys(LANGUAGES, text) for i, text in enumerate(options, start=1)},
            locales=tuple(locales),
            root_id=self.collection(root).id if root else None,
            default=default,
            min_length=min_length,
            max_length=max_length,
            pattern=pattern,
            min_value=min_value,
            max_value=max_value,
            max_selections=max_selections,
        )
        self.tenant.fields[field.id] = field
        return field.id

    def add_relation_type(self, name: str) -> int:
        number = self.tenant.next_id()
        self.tenant.relation_types[number] = name
        return number

    def remove_format(self, key: str) -> None:
        self.tenant.formats = {i: f for i, f in self.tenant.formats.items() if f.key != key}

    def field(self, label: str) -> InformationField:
        return next(f for f in self.tenant.fields.values() if f.labels["en"] == label)

    def add_asset_type(
        self,
        name: str,
        fields: Iterable[str] = (),
        *,
        required: Iterable[str] = (),
        depends_on: Mapping[str, Iterable[str]] | None = None,
    ) -> int:
        """`fields` by label; `depends_on`: further sets, each enabled by the boolean field that is its key."""
        first = self._field_set("General", fields, required)
        others = [
            replace(self._field_set(f"If {switch}", labels, ()), depends_on=self.field(switch).id)
            for switch, labels in (depends_on or {}).items()
        ]
        made = AssetType(id=self.tenant.next_id(), name=name, sets=(first, *others))
        self.tenant.asset_types[made.id] = made
        return made.id

    def asset_type(self, name: str) -> AssetType:
        return next(t for t in self.tenant.asset_types.values() if t.name == name)

    def _field_set(self, name: str, fields: Iterable[str], required: Iterable[str]) -> FieldSet:
        ids = tuple(self.field(label).id for label in fields)
        demanded = frozenset(self.field(label).id for label in required)
        return FieldSet(id=self.tenant.next_id(), name=name, field_ids=ids, required=demanded)

    def add_collection_type(
        self, name: str, *, permission_defining: bool = True, tag_cloud: bool = False, fields: Iterable[str] = ()
    ) -> int:
        made = CollectionType(
            id=self.tenant.next_id(),
            name=name,
            permission_defining=permission_defining,
            tag_cloud=tag_cloud,
            sets=(self._field_set("General", fields, ()),),
        )
        self.tenant.collection_types[made.id] = made
        return made.id

    def add_collection(
        self,
        path: str,
        *,
        type: str = "Folder",  # noqa: A002 - the API's word
        level: Level | None = None,
        names: Mapping[str, str] | None = None,
    ) -> int:
        """Make the last step of the path and what is missing above it; a second call makes a twin."""
        above, _, name = path.rpartition("/")
        parent = None
        if above:
            found = tree.find(self.tenant, above)
            parent = found.id if found else self.add_collection(above, type=type)
        stamp = Stamp(self.clock.now(), self.user(ADMIN).id)
        made = Collection(
            id=self.tenant.next_id(),
            type_id=self.tenant.collections[parent].type_id if parent else self._collection_type(type),
            names=names or {"en": name},
            creation=stamp,
            modification=stamp,
            parent=parent,
            level=level or "STRICT",
            level_inherited=parent is not None and level is None,
        )
        self.tenant.collections.put(made)
        return made.id

    def _collection_type(self, name: str) -> int:
        found = next((t.id for t in self.tenant.collection_types.values() if t.name == name), None)
        return self.add_collection_type(name) if found is None else found

    def collection(self, path: str) -> Collection:
        found = tree.find(self.tenant, path)
        if found is None:
            raise LookupError(f"no collection {path}")
        return found


def _camel(label: str) -> str:
    first, *rest = label.split()
    return first.lower() + "".join(word.capitalize() for word in rest)
