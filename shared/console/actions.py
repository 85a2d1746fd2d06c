"""What people do, each under their own name."""

from __future__ import annotations

from shared.console.shapes import Acceptance, BrakeDecision, Done, OneFlow, Replay, Retirement
from shared.domain.ids import AssetId, FlowId, LinkKey
from shared.engine import accepting, operating
from shared.engine.context import Context
from shared.engine.operating import CannotBeDone


async def pause(context: Context, body: OneFlow, who: str) -> Done:
    flows = _named(context, body.flow)
    for flow in flows:
        await operating.pause(context, flow, who)
    return Done(done=f"paused: {', '.join(flows)}")


async def resume(context: Context, body: OneFlow, who: str) -> Done:
    """With all flows, those whose brake is on are left to their own decision."""
    said: list[str] = []
    for flow in _named(context, body.flow):
        try:
            released = await operating.resume(context, flow, who)
        except CannotBeDone as problem:
            if body.flow is not None:
                raise
            said.append(f"{flow}: {problem}")
        else:
            said.append(
                f"{flow}: resumed" + (f", {_files(released)} that stood there before released" if released else "")
            )
    return Done(done="; ".join(said))


async def brake(context: Context, body: BrakeDecision, who: str) -> Done:
    act = operating.go_on if body.decision == "go on" else operating.discard
    await act(context, FlowId(body.flow), who)
    return Done(done=f"{body.flow}: {'goes on' if body.decision == 'go on' else 'the surprises are discarded'}")


async def retire(context: Context, body: Retirement, who: str) -> Done:
    await operating.retire(context, FlowId(body.flow), who)
    return Done(done=f"{body.flow}: retired, its assets are kept")


async def accept(context: Context, body: Acceptance, who: str) -> Done:
    if (body.how == "link") != (body.asset is not None):
        raise CannotBeDone("an asset is named with `link`, and only with it")
    asset = None if body.asset is None else AssetId(body.asset)
    link = await accepting.accept(context, LinkKey(body.link), body.how, who, body.why, asset=asset)
    return Done(done=f"{link.key}: accepted as {body.how}")


async def replay(context: Context, body: Replay, who: str) -> Done:
    count = await accepting.replay(context, body.target, who)
    return Done(done="1 file is decided anew" if count == 1 else f"{count} files are decided anew")


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _named(context: Context, flow: str | None) -> list[FlowId]:
    return [FlowId(flow)] if flow is not None else [one.id for one in context.flows]
