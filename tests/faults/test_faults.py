"""A sample of what `make faults` runs in full, so that every change meets some of it."""

import pytest

from local.azurite import Azurite
from tests.faults.running import Case, difference, one
from tests.faults.scenario import Outcome
from tests.kit.wire import Ill

CASES = 5  # of each scenario; spread over its calls and the ills
SAMPLED = (
    "a_new_file",
    "an_edit_approved_again",
    "held_and_released",
    "only_a_field_changes",
    "held_for_a_collection_that_is_made",
)  # the others take minutes each and are run by `make faults` alone


@pytest.mark.faults
@pytest.mark.parametrize("scenario", SAMPLED)
async def test_one_failing_call_changes_nothing_in_the_end(azurite: Azurite, scenario: str) -> None:
    calm: Outcome = await one(azurite, scenario, f"calm {scenario}", None)
    assert calm.errors == ()
    cases: list[Case] = [(scenario, call, ill) for call in range(len(calm.calls)) for ill in Ill]
    cases = cases[3 :: len(cases) // CASES | 1]  # odd, so that not always the same ill is met

    differences = [f"{case}:\n{found}" for case in cases if (found := await difference(azurite, case, calm))]

    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("scenario", SAMPLED)
async def test_A7_F11_two_instances_that_get_every_message_twice_end_as_one_does(
    azurite: Azurite, scenario: str
) -> None:
    calm = await one(azurite, scenario, f"calm {scenario} alone", None)

    rivals = await one(azurite, scenario, f"rivals {scenario}", None, rivals=True)

    assert rivals.facts == calm.facts
