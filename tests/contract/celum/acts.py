"""What several of these tests do with CELUM."""

from __future__ import annotations

from collections.abc import AsyncIterator

from shared.celum import Celum, CreateAsset, RawField
from shared.domain.assets import Asset
from shared.domain.ids import CollectionId


async def chunks(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def uploaded(celum: Celum, content: bytes, filename: str = "hero.txt") -> str:
    upload = await celum.begin_upload(filename, len(content))
    await celum.send(upload, len(content), chunks(content))
    return upload.handle


async def created(
    celum: Celum,
    content: bytes = b"a hero",
    *,
    name: str = "Hero",
    path: str = "Bridge/Intake",
    fields: tuple[RawField, ...] = (),
    kind: str = "Campaign asset",
) -> Asset:
    parent = await celum.directory.collection(path)
    asset_type = await celum.directory.asset_type(kind)
    handle = await uploaded(celum, content)
    return await celum.create(CreateAsset(name, CollectionId(parent.id), handle, asset_type.id, fields))
