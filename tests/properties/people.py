"""People at work in the library: each act of a history, carried out on the simulated drive."""

from __future__ import annotations

import dataclasses
import functools

from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import Item
from tests.kit.campaign import JANE, word
from tests.kit.world import World
from tests.properties import history as of

HOME = {folder: folder.rpartition("/")[0] for folder in of.WHOLE}


@functools.cache
def data(name: str, content: int) -> bytes:
    if name.endswith(".docx"):
        return word(f"content {content};")
    return f"%PDF-1.7 content {content};".encode()


class People:
    def __init__(self, world: World, drive: str) -> None:
        self.world = world
        self.drive: Drive = world.onedrive.drive(drive)
        for folder in of.FOLDERS:
            world.onedrive.make_folder(drive, folder)
        self.homes = {folder: world.onedrive.item(drive, folder).id for folder in of.WHOLE}

    def do(self, step: of.Act) -> None:
        self.world.clock.jump(1)  # two things a person does never happen in the same second
        act(step, self)

    def files(self) -> list[Item]:
        """Without the bridge's own mark in the root of the library."""
        found = (i for i in self.drive.items.values() if not i.is_folder and not i.name.startswith("CELUM bridge"))
        return sorted(found, key=lambda item: item.number)

    def file(self, number: int) -> Item | None:
        """One that nobody has open."""
        there = self.files()
        found = there[number % len(there)] if there else None
        return None if found is None or found.locked else found

    def folder(self, path: str) -> Item:
        return self.drive.get(self.world.onedrive.make_folder(self.drive.id, path, by=JANE))

    def put(self, folder: Item, name: str, content: int) -> Item | None:
        there = self.drive.child(folder, name)
        if there is not None and there.locked:
            return None
        path = f"{self.drive.path(folder)}/{name}"
        return self.drive.get(self.world.onedrive.put_file(self.drive.id, path, data(name, content), by=JANE))

    def set(self, item: Item, column: str, value: str | None) -> None:
        self.world.clock.jump(1)
        self.world.onedrive.set_column(self.drive.id, item.id, column, value, by=JANE)

    def make_ready(self, item: Item) -> None:
        self.set(item, "UsageRights", "web")
        self.set(item, "ApprovalStatus", "Draft")
        self.set(item, "ApprovalStatus", "Approved")

    def whole(self, folder: str) -> Item | None:
        return self.drive.items.get(self.homes[folder])


@functools.singledispatch
def act(step: object, people: People) -> None:  # noqa: ARG001  of those registered below
    raise AssertionError(f"nobody knows how to {step}")


@act.register
def _put(step: of.Put, people: People) -> None:
    item = people.put(people.folder(step.folder), step.name, step.content)
    if item is not None and step.ready:
        people.make_ready(item)


@act.register
def _edit(step: of.Edit, people: People) -> None:
    if (item := people.file(step.file)) is not None:
        people.put(people.drive.items[item.parent_id], item.name, step.content)


@act.register
def _status(step: of.Status, people: People) -> None:
    if (item := people.file(step.file)) is not None:
        if step.anew:
            people.set(item, "ApprovalStatus", "Draft")
        people.set(item, "ApprovalStatus", step.value)


@act.register
def _fill(step: of.Fill, people: People) -> None:
    if (item := people.file(step.file)) is not None:
        people.set(item, step.column, step.value)


@act.register
def _rename(step: of.Rename, people: People) -> None:
    """An extension stays what it is."""
    item = people.file(step.file)
    if item is None or item.name.rpartition(".")[2] != step.name.rpartition(".")[2]:
        return
    if people.drive.child(people.drive.items[item.parent_id], step.name) is None:
        people.drive.relocate(item, parent=None, name=step.name, by=JANE)


@act.register
def _move(step: of.Move, people: People) -> None:
    item, to = people.file(step.file), people.folder(step.folder)
    if item is not None and people.drive.child(to, item.name) is None:
        people.drive.relocate(item, parent=to, name=None, by=JANE)


@act.register
def _move_folder(step: of.MoveFolder, people: People) -> None:
    item = people.whole(step.folder)
    to = people.folder(step.to)
    if item is None or item is to or item in people.drive.ancestors(to):
        return
    if people.drive.items[item.parent_id] is to:
        to = people.folder(HOME[step.folder])
    if item is not to and item not in people.drive.ancestors(to) and people.drive.child(to, item.name) is None:
        people.drive.relocate(item, parent=to, name=None, by=JANE)


@act.register
def _rename_folder(step: of.RenameFolder, people: People) -> None:
    item = people.whole(step.folder)
    if item is not None and people.drive.child(people.drive.items[item.parent_id], step.name) is None:
        people.drive.relocate(item, parent=None, name=step.name, by=JANE)


@act.register
def _delete(step: of.Delete, people: People) -> None:
    if (item := people.file(step.file)) is not None:
        people.drive.delete(item, JANE)


@act.register
def _delete_folder(step: of.DeleteFolder, people: People) -> None:
    if (item := people.whole(step.folder)) is not None:
        people.drive.delete(item, JANE)


@act.register
def _restore(step: of.Restore, people: People) -> None:
    bin_ = sorted((t for t in people.drive.gone.values() if t.top), key=lambda stone: stone.sequence)
    if bin_:
        people.drive.restore(bin_[step.deletion % len(bin_)].item.id)


@act.register
def _copy(step: of.Copy, people: People) -> None:
    item, to = people.file(step.file), people.folder(step.folder)
    if item is None or item.content is None or people.drive.child(to, item.name) is not None:
        return
    copied, _ = people.drive.put_content(to, item.name, item.content, JANE)
    copied.versions = [dataclasses.replace(copied.current, fields=dict(item.fields))]


@act.register
def _resave(step: of.Resave, people: People) -> None:
    item = people.file(step.file)
    if item is None:
        return
    folder, name = people.drive.items[item.parent_id], item.name
    people.drive.delete(item, JANE)
    if (created := people.put(folder, name, step.content)) is not None:
        people.make_ready(created)
