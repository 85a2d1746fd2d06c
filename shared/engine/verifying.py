"""Whether CELUM holds the very bytes of the file: by its checksum, else by reading them back once."""

from __future__ import annotations

from collections.abc import AsyncIterator

from shared.celum import algorithm_of, matches
from shared.celum.checksums import canonical
from shared.documents.hashing import Hashes
from shared.documents.quickxor import QuickXor
from shared.domain.assets import Asset
from shared.domain.decisions import Reason
from shared.domain.ids import AssetId
from shared.domain.links import Settled
from shared.domain.transfers import Step
from shared.engine.context import Context, log
from shared.engine.plan import Plan
from shared.engine.run import Held, Run
from shared.errors import Forbidden, Unavailable

CHECKSUM_SETTING = "celum checksum algorithm"  # learned from the first upload, kept per installation


async def checksum_algorithm(context: Context) -> str | None:
    """What CELUM's checksum is; once learned it stays, so it is read once a process."""
    if context.checksum_algorithm is None:
        context.checksum_algorithm = await context.ledger.setting(CHECKSUM_SETTING)
    return context.checksum_algorithm


async def verify(run: Run, plan: Plan) -> None:
    """What CELUM holds must be what was read. Until then the asset stands in intake, or the version is taken back."""
    context, transfer = run.context, run.transfer
    asset = await present(run, plan)
    if transfer.version is not None and asset.current_version.id != transfer.version:
        await context.celum.activate(asset.id, transfer.version)
        raise Unavailable(
            plan.system, f"activate version {transfer.version}", "another version is current; looked at again"
        )
    version = asset.current_version
    if transfer.content is not None and version.size != transfer.content.size:
        await _mismatch(run, plan, f"CELUM holds {version.size} bytes, {transfer.content.size} were sent")
    match matches(version.checksum, transfer.hashes):
        case None:
            await _verify_by_download(run, plan)
        case False:
            await _mismatch(
                run, plan, f"CELUM's checksum is {version.checksum}, the file's are {dict(transfer.hashes)}"
            )
        case True:
            if await checksum_algorithm(context) is None:
                algorithm = algorithm_of(version.checksum) or ""
                await context.ledger.put_setting(CHECKSUM_SETTING, algorithm, only_if_absent=True)
    run.step = Step.COMPLETE


async def present(run: Run, plan: Plan) -> Asset:
    """The asset as CELUM's last answer in this run showed it, if that said enough, else read now."""
    seen = run.asset
    if seen is None or seen.fields is None or seen.current_version.checksum is None:
        seen = run.asset = await existing(run, plan.asset_id(run.transfer))
    return seen


async def existing(run: Run, asset_id: AssetId) -> Asset:
    """The asset, read now. That it is gone is believed only after a second look at a CELUM that answers as it should.

    It is never made again by itself: somebody deleted it on purpose, or took the right to see it away.
    """
    celum = run.context.celum
    asset = await celum.asset(asset_id)
    if asset is None:
        await celum.probe()
        asset = await celum.asset(asset_id)
    if asset is None:
        text = f"asset {asset_id} is not in CELUM any more, or the service user may not see it"
        raise Held(Reason("asset", f"{text}; see `bridge accept --as create`", outside=True))
    return asset


async def _verify_by_download(run: Run, plan: Plan) -> None:
    """CELUM gives no checksum that was computed on the way; where it hands out no original either, the size counts."""
    try:
        digest = await _read_back(run, plan.asset_id(run.transfer))
    except Forbidden as problem:
        log.warning("link %s is verified by size only: %s", run.link.key, problem)
        await run.checkpoint(step=Step.COMPLETE, verified="size")
        return
    if digest != run.transfer.hashes[QuickXor.name]:
        await _mismatch(run, plan, "the original read back from CELUM differs from the file")
    await run.checkpoint(step=Step.COMPLETE, verified="download")


async def _read_back(run: Run, asset: AssetId) -> str:
    hashes = Hashes((QuickXor.name,))
    reading = _read_all(run.context.celum.download(asset), hashes)
    return (await run.while_it_takes(reading, lambda: hashes.size))[QuickXor.name]


async def _read_all(chunks: AsyncIterator[bytes], hashes: Hashes) -> dict[str, str]:
    async for chunk in chunks:
        await hashes.update(chunk)
    return await hashes.digests()


async def _mismatch(run: Run, plan: Plan, what: str) -> None:
    """Never waved through: a bad version is taken back, a bad asset stays in intake, a person looks."""
    transfer = run.transfer
    if transfer.base_version is not None:
        await run.context.celum.activate(plan.asset_id(transfer), transfer.base_version)
    raise Held(Reason("verify", f"the bytes in CELUM are not those of the file ({what})"))


async def holds_these_bytes(run: Run, asset: Asset) -> bool:
    """Of an asset that was found by something else than its bytes."""
    content, version = run.transfer.content, asset.current_version
    if content is not None and version.size != content.size:
        return False
    known = matches(version.checksum, run.transfer.hashes)
    if known is not None:
        return known
    try:
        return await _read_back(run, asset.id) == run.transfer.hashes[QuickXor.name]
    except Forbidden:
        return False


async def verify_once_more(run: Run, settled: Settled) -> None:
    """Before the only other copy goes away: CELUM still holds, as the current version, what was verified."""
    if settled.verified not in {"checksum", "download"}:
        raise Held(Reason("after", "the bytes in CELUM are verified by size only, so the file is not deleted"))
    asset = await existing(run, settled.asset)
    version = asset.current_version
    if version.id != settled.version:
        text = f"asset {asset.id}: version {version.id} is current, not {settled.version} that was verified"
        raise Held(Reason("after", f"{text}, so the file is not deleted", outside=True))
    if settled.verified == "checksum":
        is_same = canonical(version.checksum or "") == canonical(settled.checksum or "")
    else:
        is_same = await _read_back(run, asset.id) == settled.content.quick_xor
    if not is_same:
        text = f"asset {asset.id} does not hold the bytes that were verified, so the file is not deleted"
        raise Held(Reason("after", text, outside=True))
