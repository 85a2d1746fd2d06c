"""The page at `/`: a person looks into the tenant and changes a little, through the API like everybody else."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

HERE = Path(__file__).parent / "web"


def add_routes(app: web.Application) -> None:
    async def index(_: web.Request) -> web.FileResponse:
        return web.FileResponse(HERE / "index.html")

    app.router.add_get("/", index)
    app.router.add_static("/web", HERE)
