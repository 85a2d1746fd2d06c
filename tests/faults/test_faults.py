"""A sample of what `make faults` runs in full, so that every change meets some of it."""

import pytest

from local.azurite import Azurite
from tests.faults.running import Case, difference, one
from tests.faults.scenario import SCENARIOS, Outcome
from tests.kit.wire import Ill

EVERY = 97  # a prime, so that calls and ills are met in all combinations
MOST = 15  # cases of a long scenario


@pytest.mark.faults
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_one_failing_call_changes_nothing_in_the_end(azurite: Azurite, scenario: str) -> None:
    calm: Outcome = await one(azurite, scenario, f"calm {scenario}", None)
    assert calm.errors == ()
    cases: list[Case] = [(scenario, call, ill) for call in range(len(calm.calls)) for ill in Ill]
    cases = cases[:: max(EVERY, len(cases) // MOST)]

    differences = [f"{case}:\n{found}" for case in cases if (found := await difference(azurite, case, calm))]

    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_two_instances_that_get_every_message_twice_end_as_one_does(azurite: Azurite, scenario: str) -> None:
    calm = await one(azurite, scenario, f"calm {scenario} alone", None)

    rivals = await one(azurite, scenario, f"rivals {scenario}", None, rivals=True)

    assert rivals.facts == calm.facts
