"""How many examples: few and always the same in `make test`, many and always others in `make soak`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

SOAK = "SOAK"  # an environment variable: so many times the examples of `make test`


def modest(examples: int) -> settings:
    times = int(os.environ.get(SOAK, "1"))
    return settings(
        max_examples=examples * times,
        derandomize=times == 1,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
