"""A tenant of the CELUM Content API v1 for development and tests, as unkind as the real one."""

from local.celum_simulator.quirks import Quirks
from local.celum_simulator.simulator import CelumSimulator
from local.celum_simulator.stage import Availability

__all__ = ["Availability", "CelumSimulator", "Quirks"]
