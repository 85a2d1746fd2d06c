"""The page at /, sent as one document: every other path of this server belongs to Graph."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

HERE = Path(__file__).parent


def page() -> web.Response:
    text = (HERE / "page.html").read_text("utf-8")
    for name in ("page.css", "page.js"):
        text = text.replace(f"/* {name} */", (HERE / name).read_text("utf-8"))
    return web.Response(text=text, content_type="text/html")
