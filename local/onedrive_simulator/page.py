from __future__ import annotations

from pathlib import Path

from aiohttp import web

_PAGE = Path(__file__).with_name("page.html")


def page() -> web.Response:
    return web.Response(text=_PAGE.read_text("utf-8"), content_type="text/html")
