"""What stands in CELUM, read through its Content API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import aiohttp

from local.demo.person import WAITING, sha256_at

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asset:
    id: int
    name: str
    collections: tuple[str, ...]
    fields: dict[str, str]  # those that hold something, by their label
    version: int
    released: bool


class Dam:
    def __init__(self, http: aiohttp.ClientSession, url: str, original: int) -> None:
        self._http = http
        self._url = url
        self._original = original  # the id of the download format

    @classmethod
    @asynccontextmanager
    async def seen_with(cls, url: str, key: str) -> AsyncIterator[Self]:
        headers = {"X-API-KEY": key}
        async with aiohttp.ClientSession(headers=headers, timeout=WAITING, raise_for_status=True) as http:
            async with http.get(f"{url}/download-formats") as answer:
                formats = await answer.json()
            yield cls(http, url, next(each["id"] for each in formats if each.get("original")))

    async def _get(self, path: str, **query: str | int) -> Json:
        async with self._http.get(self._url + path, params=query) as answer:
            return dict(await answer.json())

    async def assets(self) -> list[Asset]:
        """All that this key may see; the demo has few."""
        answer = await self._get("/assets", inclusions="informationFields", size=100)
        return [_asset(each) for each in answer["content"]]

    async def count_versions(self, asset: Asset) -> int:
        return len((await self._get(f"/assets/{asset.id}/versions"))["content"])

    async def sha256_of(self, asset: Asset) -> str:
        """Of the original of its current version, downloaded."""
        place = await self._get(f"/assets/{asset.id}/download", downloadFormatId=self._original)
        async with aiohttp.ClientSession(timeout=WAITING, raise_for_status=True) as http:  # the URL needs no key
            return await sha256_at(http, place["url"])


def _asset(told: Json) -> Asset:
    values = [value for group in told["informationFieldValueSets"] for value in group["informationFieldValues"]]
    return Asset(
        id=told["id"],
        name=told["name"],
        collections=tuple(_path(each) for each in told["parentPaths"]),
        fields={value["field"]["labels"]["en"]: _text(value) for value in values if value.get("value") is not None},
        version=told["currentVersion"]["id"],
        released=told["releaseStatus"] == "RELEASED",
    )


def _path(told: Json) -> str:
    return "".join(f"/{step['collectionName']['en']}" for step in told["pathSegments"])


def _text(value: Json) -> str:
    """As a person reads it: the English of a localised text, the label of an option."""
    held = value["value"]
    match value["type"]:
        case "DROPDOWN":
            options = value["field"]["options"]["en"]
            return next(str(each["label"]) for each in options if each["index"] == held)
        case "LOCALIZED_TEXT" | "LOCALIZED_TEXT_AREA":
            return str(held.get("en", ""))
        case "COLLECTION_REFERENCE":
            return ", ".join(str(each["name"]["en"]) for each in held)
        case "TAG_REFERENCE":
            return ", ".join(str(each["name"]) for each in held)
        case _:
            return str(held)
