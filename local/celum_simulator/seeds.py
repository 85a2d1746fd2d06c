"""Ready-made tenants by name."""

from __future__ import annotations

from local.celum_simulator.bench import Bench
from local.celum_simulator.model import FULL, READ
from local.celum_simulator.refusals import bad_argument

ACME_KEY = "acme-local-key"
ACME_EDITOR_KEY = "acme-editor-key"
SERVICE = "onedrive-bridge"
EDITOR = "dam-editor"

TREES = {
    "/Markets": ("DACH", "Nordics"),
    "/Product lines": ("Roadrunner", "Tunnel paint", "Rocket skates"),
    "/Languages": ("English", "German", "Norwegian", "French"),
}


def plant(bench: Bench, seed: str) -> None:
    if seed != "acme":
        raise bad_argument("seed", f"no seed named {seed}; there is acme")
    acme(bench)


def acme(bench: Bench) -> None:
    """The example company: one service account, one person, its collections, types and fields."""
    _collections(bench)
    bench.add_user(SERVICE, key=ACME_KEY, password="acme-local-password")
    bench.add_user(
        EDITOR,
        key=ACME_EDITOR_KEY,
        grants={"/Marketing": FULL, "/Review": FULL, **dict.fromkeys(TREES, READ | {"addAssets"})},
    )
    _fields(bench)
    _types(bench)


def _collections(bench: Bench) -> None:
    bench.add_collection_type("Folder")
    bench.add_collection_type("Keyword tree", permission_defining=False)
    bench.add_collection_type("Tags", permission_defining=False, tag_cloud=True)
    for path in ("/Marketing/Campaigns/Spring-26", "/Marketing/Office", "/Bridge/Intake", "/Review/Incoming"):
        bench.add_collection(path)
    for root, names in TREES.items():
        bench.add_collection(root, type="Tags" if root == "/Languages" else "Keyword tree")
        for name in names:
            bench.add_collection(f"{root}/{name}")


def _fields(bench: Bench) -> None:
    bench.add_field("Bridge key", "TEXT")
    bench.add_field("Campaign", "TEXT")
    bench.add_field("Title", "LOCALIZED_TEXT", labels={"en": "Title", "de": "Titel"})
    bench.add_field("Market", "DROPDOWN", options=("Norway", "Germany", "Switzerland", "Austria"))
    bench.add_field("Languages", "TAG_REFERENCE", root="/Languages")
    bench.add_field("Usage rights", "TEXT_AREA")
    bench.add_field("Rights until", "DATE")
    bench.add_field("Rating", "NUMBER", min_value=0, max_value=5)
    bench.add_field("Approval status", "DROPDOWN", options=("Pending", "Approved", "Denied"))
    bench.add_field("Product line", "COLLECTION_REFERENCE", root="/Product lines")
    bench.add_field("Summary", "LOCALIZED_TEXT_AREA")
    bench.add_field("Weight", "DOUBLE")
    bench.add_field("Print ready", "BOOLEAN")
    bench.add_field("Retain until", "DATE")
    bench.add_field("Usage rules", "TEXT")
    bench.add_field("Region", "COLLECTION_REFERENCE", root="/Markets")


def _types(bench: Bench) -> None:
    labels = [field.labels["en"] for field in bench.tenant.fields.values()]
    bench.add_asset_type("Campaign asset", labels, required=["Usage rights"])
    bench.add_asset_type("Office document", labels)
