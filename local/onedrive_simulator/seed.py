"""Worlds to start from. Acme has three sites, as the shipped flow file expects them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.onedrive_simulator.estate.model import Column

if TYPE_CHECKING:
    from local.onedrive_simulator.simulator import OneDriveSimulator

MARKETS = ("AT", "CH", "DE", "NO")
LANGUAGES = ("de", "en", "fr", "it")
ACME_COLUMNS = (
    Column("Title"),
    Column("ApprovalStatus", "choice", ("Draft", "Approved"), display_name="Approval status"),
    Column("Market", "choice", MARKETS),
    Column("Languages", "multiChoice", LANGUAGES),
    Column("UsageRights", display_name="Usage rights"),
    Column("RightsUntil", "dateTime", display_name="Rights until"),
    Column("Rating", "number"),
    Column("ProductLine", display_name="Product line"),
    Column("Region"),
    Column("CelumAsset", display_name="CELUM asset"),
    Column("SyncStatus", display_name="Sync status"),
    Column("SyncNote", display_name="Sync note"),
)
FOLDERS = ("/Campaigns/Spring-26/Working", "/Campaigns/Spring-26/Approved", "/Office/Sales")


def seed(sim: OneDriveSimulator, name: str) -> dict[str, str]:
    """The ids of its drives, by "site/library". ValueError for a world that does not exist."""
    if name != "acme":
        raise ValueError(f"there is no seed {name!r}; known is: acme")
    drives: dict[str, str] = {}
    for site, library in (("marketing", "Documents"), ("bridge", "Withdrawn"), ("regions", "Documents")):
        site_id = sim.add_site(site, zone="Europe/Berlin")
        drives[f"{site}/{library}"] = sim.add_drive(library, site=site_id, columns=ACME_COLUMNS)
    for folder in FOLDERS:
        sim.make_folder(drives["marketing/Documents"], folder)
    return drives
