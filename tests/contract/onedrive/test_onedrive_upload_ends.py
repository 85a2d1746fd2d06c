"""How an upload ends whose last answers were lost, or are odd."""

from __future__ import annotations

from tests.contract.onedrive.sending import DATA, GET, File, Sender


async def test_D15_a_server_that_does_not_know_how_far_it_is_is_asked_again(sender: Sender) -> None:
    session = await sender.world.onedrive.uploading.sessions.begin(sender.target("a.bin"), len(DATA))
    sender.fault(GET, status=416, body="")
    await sender.send(File(DATA), session=session)
    assert sender.read() == DATA
