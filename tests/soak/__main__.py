"""`python -m tests.soak large`: what takes too long or too much disk for the tests."""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.soak import large


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("name", choices=["large"], help="large: one file in each direction, with cuts all along")
    parser.add_argument("--gib", type=float, default=10, help="GiB of the file (10)")
    parser.add_argument("--cut-mib", type=float, help="MiB between two cuts (50 for each GiB: twenty legs)")
    parser.add_argument("--direction", choices=list(large.DIRECTIONS), help="one of them alone")
    parser.add_argument("--folder", help="where the servers keep the files; default: as the system has it")
    return asyncio.run(large.soak(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
