"""Jobs, relations and rights, as CELUM's answers have them."""

from __future__ import annotations

import logging

from pydantic import Field

from shared.celum.definitions import Job, JobItem, Link, Relation
from shared.celum.wire import DownloadModel, Flag, Many, Maybe, Model
from shared.celum.wire_definitions import FormatModel
from shared.domain.ids import AssetId

RUNNING = "PROGRESS"
ENDED = frozenset({"FINISHED", "FAILED"})

_log = logging.getLogger(__name__)


class JobItemModel(Model):
    asset_id: int
    format_id: int


class JobModel(Model):
    id: str
    status: str
    failed_items: Many[JobItemModel] = Field(default_factory=list)
    download: Maybe[DownloadModel] = None

    def domain(self) -> Job:
        status = self.status.upper()
        if status != RUNNING and status not in ENDED:
            _log.warning("a download job of the status %r, which is not known", status[:40])
        link = Link(self.download.url, self.download.filename) if self.download else None
        failed = tuple(JobItem(AssetId(item.asset_id), item.format_id) for item in self.failed_items)
        return Job(self.id, status in ENDED, status == "FAILED", failed, link)


class Side(Model):
    id: int


class RelationModel(Model):
    id: int
    type_id: int | None = None
    source_asset: Maybe[Side] = None
    target_asset: Maybe[Side] = None
    status: str | None = None

    def domain(self) -> Relation:
        return Relation(
            id=self.id,
            type=self.type_id,
            source=AssetId(self.source_asset.id) if self.source_asset else None,
            target=AssetId(self.target_asset.id) if self.target_asset else None,
            status=(self.status or "").upper(),
        )


class RelationPage(Model):
    content: Many[RelationModel] = Field(default_factory=list)
    has_next: bool = False
    total_elements: int | None = None


class RightsModel(Model):
    """An asset or a collection, as far as it says what may be done with it."""

    permissions: Maybe[dict[str, Flag]] = None


class OfferModel(Model):
    """An asset, as far as it says in which formats it is to be had; None where the answer left that out."""

    download_formats: list[FormatModel] | None = None
