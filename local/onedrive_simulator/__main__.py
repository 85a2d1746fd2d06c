"""python -m local.onedrive_simulator --port 9001 --data .local/onedrive --seed acme."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from local.onedrive_simulator.seed import seed
from local.onedrive_simulator.simulator import OneDriveSimulator


async def serve(folder: Path, port: int, world: str) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with OneDriveSimulator(folder).running(port=port) as sim:
        if world:
            seed(sim, world)
        print(f"listening on {sim.base_url}", flush=True)
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="onedrive_simulator", description="Microsoft Graph, simulated on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder for the bytes of files")
    parser.add_argument("--seed", choices=["acme"], default="", help="a world to start from")
    options = parser.parse_args()
    asyncio.run(serve(options.data, options.port, options.seed))


if __name__ == "__main__":
    main()
