"""After all is settled: the file goes where the flow's `after` puts it, a folder or the recycle bin.

Where it goes is written down before, for its going is reported like anybody's: the link then knows it for our own.
"""

from __future__ import annotations

import dataclasses
from pathlib import PurePosixPath

from shared.domain.decisions import Outcome, Reason, Wish
from shared.domain.facts import Facts
from shared.domain.items import Item
from shared.domain.links import DELETED, Link, LinkState, Settled
from shared.engine.facts import complete, read_item
from shared.engine.paths import Paths
from shared.engine.rewrites import server_version
from shared.engine.run import ComeBackLater, Held, NotThisOne, Run
from shared.engine.sharing import all_done_with_file
from shared.engine.verifying import verify_once_more
from shared.engine.writeback import write_columns
from shared.errors import ItemChanged, Locked, Missing, NameTaken
from shared.flows import decide

WHILE_OPEN_SECONDS = 600
GONE_SECONDS = 60
WHILE_OTHERS_WORK_SECONDS = 900


async def finish(run: Run) -> None:
    """Every run begins with fresh facts; a file that arrived while nobody looked has only to be recorded."""
    item = await _fresh(run)
    if _place_of(item) == run.link.finished:
        await _end(run, item)
        return
    wish = await _still_wanted(run)
    if not await all_done_with_file(run.context, run.link):
        raise ComeBackLater(WHILE_OTHERS_WORK_SECONDS)
    if wish.delete:
        await verify_once_more(run, _settled(run))
    try:
        after = await (_delete(run, item) if wish.delete else _move(run, item, wish.move_to or ""))
    except ItemChanged as changed:
        raise NotThisOne("somebody changed the file just before it was put away") from changed
    except (Locked, Missing) as problem:  # open somewhere; or gone since it was read
        raise ComeBackLater(WHILE_OPEN_SECONDS if isinstance(problem, Locked) else GONE_SECONDS) from problem
    await _end(run, after)


async def _fresh(run: Run) -> Item:
    run.facts = await read_item(run.context, run.link.drive, run.link.item)
    return run.facts.item


def _place_of(item: Item) -> str | None:
    return DELETED if item.deleted else item.path


async def _still_wanted(run: Run) -> Wish:
    """The same decision as that which began this: nothing is left to do but this."""
    assert run.facts is not None  # noqa: S101  read just now
    link = await server_version(run.context, run.facts, run.link) or run.link
    reading = complete(run.context, run.flow, run.facts, link)
    run.facts = await run.while_it_takes(reading, lambda: run.transfer.progress)
    decision = decide(run.flow, run.facts, link, generation=run.context.generation)
    if decision.outcome is not Outcome.NOTHING or decision.wish is None:
        raise NotThisOne(f"now {decision.outcome}: {'; '.join(reason.text for reason in decision.reasons)}")
    return decision.wish


async def _promise(run: Run, place: str) -> None:
    """Written before the file goes. Whoever closes this transfer otherwise takes it back (`Run.end`)."""
    if run.link.finished != place:
        await run.change_link(lambda link: dataclasses.replace(link, finished=place))


def _settled(run: Run) -> Settled:
    settled = run.link.settled
    assert settled is not None  # noqa: S101  decide says NOTHING of settled links only
    return settled


async def _delete(run: Run, item: Item) -> Item:
    await _promise(run, DELETED)
    await run.context.onedrive.placing.delete(item.drive, item.id, if_match=item.etag)
    return dataclasses.replace(item, deleted=True)


async def _move(run: Run, item: Item, target: str) -> Item:
    """Under its own name, or, where that is taken, with the asset's id behind it: the same at every repetition."""
    placing = run.context.onedrive.placing
    try:
        folder = await Paths(run.context, item.drive).of(await placing.folder(item.drive, target))
    except NameTaken as taken:
        raise Held(Reason("after.move_to", f"there is no folder {target}, but a file", outside=True)) from taken
    above = (folder.path or target).rstrip("/")
    for name in _names(run.link, item.name):
        await _promise(run, f"{above}/{name}")
        if item.path == f"{above}/{name}":
            return item
        new = None if name == item.name else name
        try:
            moved = await placing.move(item.drive, item.id, to=folder.id, name=new, if_match=item.etag)
        except NameTaken:
            continue
        return dataclasses.replace(moved, path=moved.path or f"{above}/{name}")
    raise Held(Reason("after.move_to", f"{target} holds files of this name already", outside=True))


def _names(link: Link, name: str) -> tuple[str, str]:
    plain = PurePosixPath(name)
    ident = link.settled.asset if link.settled else link.item
    return name, f"{plain.stem} ({ident}){plain.suffix}"


async def _end(run: Run, item: Item) -> None:
    context, before = run.context, run.link
    place = _place_of(item)
    reasons = before.reasons if before.state is LinkState.SETTLED else ()
    after = dataclasses.replace(before, state=LinkState.SETTLED, finished=place, reasons=reasons)
    if before.state is not LinkState.SETTLED:
        await context.ledger.drop_attention(before.key)
        if not item.deleted:
            await write_columns(context, run.flow, await _facts_of(run), after)
    what = "deleted by after" if item.deleted else "moved by after"
    await context.journal(before, what, more={"asset": str(before.settled and before.settled.asset)})
    path = before.path if item.deleted else item.path
    await run.end(
        lambda row: dataclasses.replace(
            row, state=LinkState.SETTLED, finished=place, reasons=reasons, path=path, due_at=None
        )
    )


async def _facts_of(run: Run) -> Facts:
    await _fresh(run)
    assert run.facts is not None  # noqa: S101  read just now
    return run.facts
