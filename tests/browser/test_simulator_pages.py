from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.celum_simulator import CelumSimulator
from local.celum_simulator.stage import Availability
from local.onedrive_simulator import OneDriveSimulator
from local.onedrive_simulator.estate.tenant import Subscription
from tests.browser.window import DESK, PHONE, drop, playwright_or_skip, sticking_out, window

expect = playwright_or_skip().expect
pytestmark = pytest.mark.asyncio(loop_scope="module")

LAUNCH = "/Campaigns/Spring-26/Approved/Launch plan.txt"
LONG = "A_name_without_any_space_that_somebody_exported_from_a_layout_program_final_FINAL_v17_2026-03-01.txt"
SPRING = "/Marketing/Campaigns/Spring-26"
ABOVE_ONE_FRAGMENT = 11 << 20  # bytes


def library(sim: OneDriveSimulator) -> str:
    return next(iter(sim.tenant.drives))


async def open_folder(page: Any, *names: str) -> None:
    for name in names:
        await page.locator("#items").get_by_role("button", name=name, exact=True).click()


async def open_launch(page: Any) -> None:
    await open_folder(page, "Campaigns", "Spring-26", "Approved")
    await page.get_by_role("button", name="Launch plan.txt").click()


async def test_a_file_dropped_into_an_open_folder_lies_there(browser: Any, onedrive: OneDriveSimulator) -> None:
    async with window(browser, onedrive.base_url) as page:
        await open_folder(page, "Campaigns", "Spring-26")
        await drop(page, "#items", "Brief.txt", "what we want")
        await expect(page.get_by_role("button", name="Brief.txt")).to_be_visible()
        await expect(page.get_by_role("status")).to_contain_text("now in Documents/Campaigns/Spring-26")
    assert onedrive.read_file(library(onedrive), "/Campaigns/Spring-26/Brief.txt") == b"what we want"


async def test_a_large_file_goes_through_an_upload_session(
    browser: Any, onedrive: OneDriveSimulator, tmp_path: Path
) -> None:
    clip = tmp_path / "Clip.mp4"
    clip.write_bytes(bytes(ABOVE_ONE_FRAGMENT))
    async with window(browser, onedrive.base_url) as page:
        await page.get_by_label("Drop files here").set_input_files(clip)
        await expect(page.get_by_role("button", name="Clip.mp4")).to_contain_text("11.0 MiB")
    assert onedrive.item(library(onedrive), "/Clip.mp4").size == ABOVE_ONE_FRAGMENT
    assert onedrive.tenant.requests["PUT upload url"] == 2
    assert onedrive.tenant.refusals == []


async def test_columns_are_edited_with_the_keyboard_alone(browser: Any, onedrive: OneDriveSimulator) -> None:
    onedrive.put_file(library(onedrive), LAUNCH, b"plan")
    async with window(browser, onedrive.base_url) as page:
        for name in ("Campaigns", "Spring-26", "Approved", "Launch plan.txt"):
            await page.locator("#items").get_by_role("button", name=name).focus()
            await page.keyboard.press("Enter")
        await page.get_by_label("Approval status").focus()
        await page.keyboard.press("a")  # the choice that begins so
        await expect(page.get_by_text("Approval status is saved.")).to_be_visible()
        await page.get_by_label("Usage rights").focus()
        await page.keyboard.type("Worldwide")
        await page.keyboard.press("Tab")
        await expect(page.get_by_text("Usage rights is saved.")).to_be_visible()
        await expect(page.get_by_label("Rights until")).to_be_focused()
        await page.get_by_label("en", exact=True).focus()
        await page.keyboard.press("Space")
        await expect(page.get_by_text("Languages is saved.")).to_be_visible()
        await expect(page.locator("#versions li")).to_have_count(4)
    fields = onedrive.item(library(onedrive), LAUNCH).fields
    assert (fields["ApprovalStatus"], fields["UsageRights"], fields["Languages"]) == ("Approved", "Worldwide", ["en"])


async def test_what_others_change_appears_and_what_is_being_typed_stays(
    browser: Any, onedrive: OneDriveSimulator
) -> None:
    drive = library(onedrive)
    onedrive.put_file(drive, LAUNCH, b"plan")
    async with window(browser, onedrive.base_url) as page:
        await open_launch(page)
        await page.get_by_label("Usage rights").focus()
        await page.keyboard.type("Worldw")
        onedrive.put_file(drive, "/Campaigns/Spring-26/Approved/From the bridge.txt", b"x")
        onedrive.set_column(drive, LAUNCH, "SyncStatus", "Held")
        await expect(page.get_by_role("button", name="From the bridge.txt")).to_be_visible()
        await expect(page.get_by_role("button", name="Launch plan.txt")).to_contain_text("Held")
        await page.keyboard.type("ide")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Usage rights is saved.")).to_be_visible()
        await expect(page.get_by_label("Sync status")).to_have_value("Held")
    item = onedrive.item(drive, LAUNCH)
    assert [v.fields.get("UsageRights") for v in item.versions] == [None, None, "Worldwide"]


async def test_a_refused_value_is_explained_and_taken_back(browser: Any, onedrive: OneDriveSimulator) -> None:
    onedrive.put_file(library(onedrive), LAUNCH, b"plan")
    async with window(browser, onedrive.base_url, refused=400) as page:
        await open_launch(page)
        await page.get_by_label("Title").fill("x" * 256)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("does not fit the column 'Title'")
        await expect(page.get_by_label("Title")).to_have_value("")


async def test_a_deleted_file_comes_back_from_the_recycle_bin(browser: Any, onedrive: OneDriveSimulator) -> None:
    onedrive.put_file(library(onedrive), LAUNCH, b"plan")
    async with window(browser, onedrive.base_url) as page:
        await open_launch(page)
        await page.get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("This folder is empty.")).to_be_visible()
        await page.get_by_role("button", name="Restore").click()
        await expect(page.get_by_role("button", name="Launch plan.txt")).to_be_visible()


@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_a_full_onedrive_fits_the_window(browser: Any, onedrive: OneDriveSimulator, width: int) -> None:
    drive = onedrive.tenant.drives[library(onedrive)]
    onedrive.put_file(drive.id, f"/{LONG}", b"x")
    onedrive.set_column(drive.id, f"/{LONG}", "SyncNote", "https://celum.acme.example/" + "1234567890" * 12)
    now, address = onedrive.clock.now(), "http://127.0.0.1:7071/api/notifications?code=" + "k" * 60
    about = f"/drives/{drive.id}/root"
    onedrive.tenant.subscriptions["s"] = Subscription("s", drive, about, address, "", "", now + timedelta(1), now)
    async with window(browser, onedrive.base_url, width) as page:
        await expect(page.locator("#subscriptions")).to_contain_text(address)
        assert await sticking_out(page) == []
        await page.get_by_role("button", name=LONG).click()
        await expect(page.get_by_label("Sync note")).to_be_visible()


async def open_spring(page: Any) -> None:
    await page.locator("#tree").get_by_role("button", name="Spring-26").click()


async def test_an_uploaded_file_is_released_when_its_required_field_is_filled(
    browser: Any, celum: CelumSimulator
) -> None:
    async with window(browser, celum.base_url) as page:
        await open_spring(page)
        await page.get_by_label("Type").select_option(label="Campaign asset")
        await page.get_by_label("Upload a file").set_input_files(
            files=[{"name": "Poster.txt", "mimeType": "text/plain", "buffer": b"first"}]
        )
        await page.get_by_role("button", name="Poster.txt").click()
        await expect(page.get_by_text("not released: a required field is empty")).to_have_count(2)  # card and dialog
        await page.get_by_label("Usage rights (required)").fill("Worldwide")
        await page.get_by_role("button", name="Save Usage rights").press("Enter")
        await expect(page.get_by_text("Usage rights is saved.")).to_be_visible()
        await expect(page.get_by_role("button", name="Save Usage rights")).to_be_focused()
        await expect(page.locator("#body dd").first).to_have_text("released")
        await page.get_by_label("Add a version").set_input_files(
            files=[{"name": "Poster 2.txt", "mimeType": "text/plain", "buffer": b"second"}]
        )
        await expect(page.get_by_text("2 (current)")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Poster.txt")).to_be_focused()
    [asset] = celum.assets()
    assert celum.content(asset.id) == b"second"
    assert celum.snapshot()["assets"][0]["fields"] == {"Usage rights": "Worldwide"}


async def test_a_file_can_be_dropped_into_a_collection(browser: Any, celum: CelumSimulator) -> None:
    async with window(browser, celum.base_url) as page:
        await open_spring(page)
        await expect(page.get_by_label("Upload a file")).to_be_visible()
        await drop(page, "#assets", "Poster.txt", "dropped")
        await expect(page.get_by_role("button", name="Poster.txt")).to_be_visible()
    assert celum.content(celum.assets()[0].id) == b"dropped"


async def test_an_asset_is_locked_and_unlocked(browser: Any, celum: CelumSimulator) -> None:
    asset = celum.add_asset("Poster.txt", b"x", parents=[SPRING])
    async with window(browser, celum.base_url) as page:
        await page.get_by_role("button", name="Poster.txt").click()
        await page.get_by_label("Why the asset is locked").fill("at the lawyers")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("at the lawyers")).to_be_visible()
        assert celum.asset(asset).lock is not None
        await page.get_by_role("button", name="Unlock").click()
        await expect(page.get_by_text("The asset is unlocked.")).to_be_visible()
    assert celum.asset(asset).lock is None


async def test_what_the_bridge_writes_appears_and_what_is_being_typed_stays(
    browser: Any, celum: CelumSimulator
) -> None:
    asset = celum.add_asset("Poster.txt", b"x", parents=[SPRING], type="Campaign asset")
    async with window(browser, celum.base_url) as page:
        await page.get_by_role("button", name="Poster.txt").click()
        await page.get_by_label("Campaign", exact=True).focus()
        await page.keyboard.type("Roadr")
        celum.change_asset(asset, fields={"Usage rights": "Worldwide", "Rating": 4})
        celum.change_asset(asset, availability=Availability(start=datetime(2027, 3, 1, tzinfo=UTC)))
        celum.add_version(asset, "Poster 2.txt", b"y")
        celum.add_collection("/Marketing/Campaigns/Autumn-26")
        await expect(page.get_by_label("Rating", exact=True)).to_have_value("4")
        await expect(page.get_by_text("from 2027-03-01 00:00:00 UTC without end")).to_be_visible()
        await expect(page.get_by_text("2 (current)")).to_be_visible()
        await page.keyboard.type("unner")
        await expect(page.get_by_label("Campaign", exact=True)).to_have_value("Roadrunner")
        await page.get_by_role("button", name="Close").click()
        await expect(page.get_by_role("button", name="Poster.txt")).to_be_focused()
        await expect(page.locator("#tree")).to_contain_text("Autumn-26")


@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_a_full_tenant_fits_the_window(browser: Any, celum: CelumSimulator, width: int) -> None:
    fields = {"Usage rights": LONG * 2, "Campaign": LONG}
    celum.add_asset(LONG, b"x", parents=[SPRING], type="Campaign asset", fields=fields)
    async with window(browser, celum.base_url, width) as page:
        if width == PHONE:
            await page.get_by_text("Collections").click()
        await open_spring(page)
        await expect(page.locator("#where")).to_have_text("Spring-26")
        assert await sticking_out(page) == []
        await page.get_by_role("button", name=LONG).click()
        await expect(page.get_by_label("Usage rights (required)")).to_have_value(LONG * 2)
