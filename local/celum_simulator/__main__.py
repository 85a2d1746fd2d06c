"""Serve a tenant until the process is asked to end."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from local.celum_simulator import CelumSimulator, seeds


async def serve(port: int, data: Path, seed: str | None) -> None:
    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    sim = CelumSimulator(data)
    if seed is not None:
        seeds.plant(sim, seed)
    async with sim.running(port):
        print(f"listening on {sim.base_url}", flush=True)
        await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.celum_simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder for the bytes of uploads and downloads")
    parser.add_argument("--seed", choices=["acme"], help="start with a ready-made tenant")
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.data, given.seed))


if __name__ == "__main__":
    main()
