"""The page at `/`: a person looks into the tenant and changes a little, through the API like everybody else.

And where every tenant shows its API (reference 1): a plain list here, since the form of the raw document is not known.
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from local.celum_simulator.api import BASE, OPERATIONS

HERE = Path(__file__).parent / "web"


def add_routes(app: web.Application) -> None:
    async def index(_: web.Request) -> web.FileResponse:
        return web.FileResponse(HERE / "index.html")

    async def operations(_: web.Request) -> web.Response:
        return web.Response(text=_listed(), content_type="text/html")

    app.router.add_get("/", index)
    app.router.add_get(f"{BASE}/swagger-ui/", operations)
    app.router.add_static("/web", HERE)


def _listed() -> str:
    rows = "".join(f"<li><code>{method} {BASE}{path}</code></li>" for method, path, _ in OPERATIONS)
    title = "CELUM Content REST API v1 (simulator)"
    return f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1><ul>{rows}</ul></html>'
