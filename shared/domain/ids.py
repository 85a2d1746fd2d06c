"""The ids that must not be mixed up."""

from __future__ import annotations

from typing import NewType

DriveId = NewType("DriveId", str)
ItemId = NewType("ItemId", str)
FlowId = NewType("FlowId", str)
AssetId = NewType("AssetId", int)
VersionId = NewType("VersionId", int)
CollectionId = NewType("CollectionId", int)
FieldId = NewType("FieldId", int)
LinkKey = NewType("LinkKey", str)  # "<flow>|<drive>|<item>"


def link_key(flow: FlowId, drive: DriveId, item: ItemId) -> LinkKey:
    return LinkKey(f"{flow}|{drive}|{item}")
