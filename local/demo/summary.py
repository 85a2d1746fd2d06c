"""What is where at the end: each file beside its asset, checked and shown."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table

from local.demo.checks import Checks
from local.demo.dam import Asset, Dam
from local.demo.person import OFFICE, Json, Person, Version
from local.demo.screen import Screen
from local.demo.story import IN_CELUM, Delivered

KEY = "Bridge key"  # the bridge's own mark, of no interest here


@dataclass(frozen=True, slots=True)
class Line:
    put: Delivered
    asset: Asset
    columns: Json
    read_from: Version
    there: str  # SHA-256 of the OneDrive version
    here: str  # SHA-256 of the original in CELUM


async def compare(jane: Person, dam: Dam, checks: Checks, delivered: list[Delivered]) -> list[Line]:
    """Both sides of each file, with their bytes downloaded again and hashed."""
    assets = await dam.assets()
    wanted = sorted(put.stem for put in delivered)
    checks.equal("CELUM holds one asset of each file and nothing else", sorted(a.name for a in assets), wanted)
    lines = []
    for put in delivered:
        asset = next((each for each in assets if each.name == put.stem), None)
        if asset is None:
            continue
        read_from = next(version for version in await jane.versions(put.name) if version.by_a_person)
        hashes = await jane.sha256_of(put.name, read_from), await dam.sha256_of(asset)
        line = Line(put, asset, await jane.columns(put.name), read_from, *hashes)
        _check(checks, line)
        lines.append(line)
    return lines


def _check(checks: Checks, line: Line) -> None:
    name, asset, columns = line.put.name, line.asset, line.columns
    fields = {label: text for label, text in asset.fields.items() if label != KEY}
    for what, got, wanted in (
        ("version in CELUM", asset.version, line.put.version),
        ("collections", asset.collections, (line.put.collection,)),
        ("fields", fields, dict(line.put.fields)),
        ("is released", asset.released, True),
        (f"SHA-256 in CELUM, against version {line.read_from.id} in OneDrive", line.here, line.there),
        *_as_sent(line),
        ("column SyncStatus", columns.get("SyncStatus"), IN_CELUM),
        ("column SyncNote", columns.get("SyncNote") or "", ""),
        ("column CelumAsset", str(columns.get("CelumAsset")).rpartition("?")[2], f"asset={asset.id}"),
    ):
        checks.equal(f"{name}: {what}", got, wanted, quietly=True)


def _as_sent(line: Line) -> list[tuple[str, object, object]]:
    """Office files were rewritten by SharePoint after their upload, which the bridge has to live with."""
    if not line.put.sent:
        return []
    office = line.put.name.endswith(OFFICE)
    return [("was rewritten by SharePoint", line.there != line.put.sent, office)]


def show(screen: Screen, lines: list[Line]) -> None:
    table = Table(show_lines=True, expand=False)
    for title in ("File", "Asset", "Fields", "SHA-256 of the bytes", "Columns written"):
        table.add_column(title, overflow="fold")
    for line in lines:
        fields = (f"{label}: {text}" for label, text in line.asset.fields.items() if label != KEY)
        same = "[green]=[/]" if line.here == line.there else "[red]≠[/]"
        table.add_row(
            line.put.name,
            f"{line.asset.id}, version {line.asset.version}\n{'\n'.join(line.asset.collections)}",
            "\n".join(fields),
            f"CELUM {line.here[:12]}…\n{same} OneDrive version {line.read_from.id}",
            f"SyncStatus: {line.columns.get('SyncStatus')}\nCelumAsset: …{str(line.columns.get('CelumAsset'))[-11:]}",
        )
    screen.table(table)
