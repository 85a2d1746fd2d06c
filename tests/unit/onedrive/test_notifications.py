import json
from typing import Any

import pytest

from shared.domain.ids import DriveId
from shared.onedrive.notifications import (
    Doorbells,
    Problem,
    Ring,
    Secrets,
    client_state,
    doorbells,
    proven_drive,
    validation_token,
)

TENANT = "84bd8158-6d4d-4958-8b9f-9d6445542f95"
SECRETS = Secrets(current=("k2", "new secret"), previous=("k1", "old secret"))
DRIVE = DriveId("b!-RIj2DuyvEyV1T4NlOaMHk8XkS_I8MdFlUCq1BlcjgmhRfAj3-Z8RY2VpuvV_tpd")


def notification(drive: str = DRIVE, **members: Any) -> dict[str, Any]:
    element: dict[str, Any] = {
        "subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
        "subscriptionExpirationDateTime": "2026-10-20T18:23:45.9356913+00:00",
        "clientState": client_state("new secret", "k2", TENANT, DriveId(drive)),
        "changeType": "updated",
        "resource": f"drives/{drive}/root",
        "resourceData": {"@odata.type": "#Microsoft.Graph.DriveItem"},
        "tenantId": TENANT,
    }
    element.update(members)
    return {name: value for name, value in element.items() if value is not None}


def ring(*elements: Any, **envelope: Any) -> Doorbells:
    return doorbells(json.dumps({"value": list(elements), **envelope}).encode(), tenant=TENANT, secrets=SECRETS)


def test_a_client_state_proves_its_drive_and_fits_into_graph() -> None:
    state = client_state("new secret", "k2", TENANT, DRIVE)
    assert state.startswith(f"1.{DRIVE}.k2.")
    assert len(state) <= 128
    assert len(state.rsplit(".", 1)[1]) == 22
    assert proven_drive(state, tenant=TENANT, secrets=SECRETS) == DRIVE


def test_a_client_state_that_graph_would_refuse_is_refused_here() -> None:
    with pytest.raises(ValueError, match="longer than 128"):
        client_state("s", "k", TENANT, DriveId("b!" + "x" * 120))


def test_A6_many_notifications_of_three_drives_ring_three_times() -> None:
    bells = ring(*[notification(f"b!drive{n % 3}") for n in range(100)])
    assert bells.drives == (("b!drive0", Ring.CHANGE), ("b!drive1", Ring.CHANGE), ("b!drive2", Ring.CHANGE))
    assert (bells.refused, bells.status) == (0, 202)


def test_A8_a_wrong_client_state_is_refused_alone() -> None:
    bells = ring(notification("b!one"), notification("b!two", clientState="1.b!two.k2.AAAA"), notification("b!three"))
    assert [drive for drive, _ in bells.drives] == ["b!one", "b!three"]
    assert (bells.refused, bells.status) == (1, 202)


@pytest.mark.parametrize(
    "state",
    ["", "1", "1.", "1..", "1...", "2.b!x.k2.mac", "ü" * 50, "1.b!x.k2.\ud800", "1.b!x.k3.mac", 7, None, "x" * 200],
)
def test_A8_a_malformed_client_state_proves_nothing(state: Any) -> None:
    assert ring(notification(clientState=state)) == Doorbells(refused=1)


def test_A8_a_client_state_of_another_drive_or_secret_proves_nothing() -> None:
    state = client_state("new secret", "k2", TENANT, DRIVE)
    assert proven_drive(state.replace(DRIVE, "b!other"), tenant=TENANT, secrets=SECRETS) is None
    assert proven_drive(client_state("guess", "k2", TENANT, DRIVE), tenant=TENANT, secrets=SECRETS) is None
    assert proven_drive(state, tenant="another tenant", secrets=SECRETS) is None


def test_the_previous_secret_is_still_accepted() -> None:
    state = client_state("old secret", "k1", TENANT, DRIVE)
    assert ring(notification(clientState=state)).drives == ((DRIVE, Ring.CHANGE),)


def test_A9_a_retired_subscription_with_a_valid_client_state_rings() -> None:
    assert ring(notification(subscriptionId="long gone")).drives == ((DRIVE, Ring.CHANGE),)


def test_A10_members_may_be_missing() -> None:
    bare = notification(subscriptionId=None, changeType=None, resource=None, resourceData=None, tenantId=None)
    assert ring(bare).drives == ((DRIVE, Ring.CHANGE),)
    assert ring(notification(clientState=None)) == Doorbells(refused=1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"{}", 400),
        (b'{"value": {}}', 400),
        (b"[" * 200_000, 400),
        (b'{"value": []' + b" " * 5_000_000 + b"}", 413),
    ],
)
def test_A11_a_body_that_cannot_be_used_is_a_problem_not_an_exception(body: bytes, status: int) -> None:
    bells = doorbells(body, tenant=TENANT, secrets=SECRETS)
    assert (bells.status, bells.drives) == (status, ())


def test_A11_a_wrong_content_type_is_refused() -> None:
    body = json.dumps({"value": [notification()]}).encode()
    assert doorbells(body, tenant=TENANT, secrets=SECRETS, content_type="text/html").status == 400
    assert doorbells(body, tenant=TENANT, secrets=SECRETS, content_type="application/json; charset=utf-8").drives


def test_A11_elements_that_are_no_objects_are_refused_alone() -> None:
    assert ring(notification(), 7, None, ["x"]) == Doorbells(((DRIVE, Ring.CHANGE),), refused=3)


@pytest.mark.parametrize("order", [1, -1])
def test_A14_a_lifecycle_reason_wins_over_a_change_of_the_same_drive(order: int) -> None:
    lifecycle = notification(changeType=None, resource=None, resourceData=None, lifecycleEvent="missed")
    elements = [notification(), lifecycle, notification("b!other")][::order]
    assert dict(ring(*elements).drives) == {DRIVE: Ring.MISSED, "b!other": Ring.CHANGE}


def test_A15_unknown_members_and_events_are_ignored_and_said() -> None:
    bells = ring(notification(lifecycleEvent="somethingNew"), notification("b!other", x=1), validationTokens=["jwt"])
    assert bells.drives == (("b!other", Ring.CHANGE),)
    assert bells.status == 202
    assert "somethingNew" in bells.problems[0].text


def test_A18_another_tenant_is_refused_and_counted() -> None:
    assert ring(notification(tenantId="11111111-0000-0000-0000-000000000000")) == Doorbells(refused=1)
    assert ring(notification(tenantId=TENANT.upper())).refused == 0


@pytest.mark.parametrize("name", ["validationToken", "validationtoken"])
def test_A1_A3_the_token_is_given_back_as_it_is(name: str) -> None:
    token = "Validation: Testing client application reachability +&=<script>ü"
    assert validation_token({name: token}) == token


def test_A2_an_empty_or_oversized_token_is_a_problem() -> None:
    for token in ("", "x" * 10_240):
        problem = validation_token({"validationToken": token})
        assert isinstance(problem, Problem)
        assert problem.status == 400


def test_a_request_without_a_token_is_no_handshake() -> None:
    assert validation_token({"other": "1"}) is None
