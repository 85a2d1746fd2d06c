"""A window of a real browser, in which nothing may be complained about or stick out.

Objects of playwright are `Any` here: it may be missing, and then these tests are skipped, not broken.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PHONE, DESK = 360, 1280  # px
PATIENCE = 20_000  # ms; for a machine that is busy with other tests


def playwright_or_skip() -> Any:
    """The module; without it or without a browser the caller's tests are skipped with the reason."""
    module = pytest.importorskip("playwright.async_api", reason="needs playwright to look at the simulators' pages")
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM} to look at the simulators' pages", allow_module_level=True)
    module.expect.set_options(timeout=PATIENCE)
    return module


@asynccontextmanager
async def window(browser: Any, url: str, width: int = DESK, *, refused: int | None = None) -> AsyncIterator[Any]:
    """The page at `url`; afterwards its console must be empty but for one answer with the status `refused`."""
    context = await browser.new_context(viewport={"width": width, "height": 800})
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(url)
    yield page
    assert await sticking_out(page) == []
    await context.close()
    expected = [f"status of {refused}"] if refused else []
    assert len(complaints) == len(expected), complaints
    assert all(part in text for part, text in zip(expected, complaints, strict=True)), complaints


async def sticking_out(page: Any) -> list[str]:
    """What is wider than the window, or the open dialog, that it stands in."""
    found: list[str] = await page.evaluate("""() => {
        const frames = [document.documentElement, ...document.querySelectorAll("dialog[open]")];
        return frames.filter((one) => one.scrollWidth > one.clientWidth).flatMap((frame) => {
            const edge = frame.getBoundingClientRect().left + frame.clientWidth;
            const wide = [...frame.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > edge);
            return [frame, ...wide].map((one) => `${one.tagName}#${one.id}.${one.className}`);
        });
    }""")
    return found


async def drop(page: Any, target: str, name: str, text: str) -> None:
    """As if a person let go of a file over `target`."""
    data = await page.evaluate_handle(
        """([name, text]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], name));
            return data;
        }""",
        [name, text],
    )
    for event in ("dragover", "drop"):
        await page.dispatch_event(target, event, {"dataTransfer": data})
