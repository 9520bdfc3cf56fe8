"""Idempotency-Key: the same request twice is done once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.apikeys.domain import api_key_create
from apps.core import clock
from apps.core.domain import answers_forget
from apps.core.models import KeptAnswer
from apps.devices.models import Device, Downlink
from apps.organizations.models import Organization
from apps.trials.models import Trial, TrialQuota
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.devices import DeviceFactory
from tests.factories.downlinks import standing
from tests.factories.trials import TrialFactory

SECRET = "8f3c2a1b9d4e5f60718293a4b5c6d7e8"
Send = Callable[..., Any]


def key_of(organization: Organization) -> str:
    scopes = ["read:devices", "write:devices", "downlink"]
    return api_key_create(organization=organization, actor=None, name="k", scopes=scopes)[1]


def post(token: str, path: str, data: Any, key: str | None = "k-1") -> Any:
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key is not None else {})
    return Client().post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)


def new(**changes: Any) -> dict[str, Any]:
    told = {"trial": "2025-101", "name": "W", "dev_eui": "70b3d57ed0060001", "join_eui": "0" * 16}
    return {**told, "app_key": SECRET, **changes}


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, code="2025-101", devices=5)


@pytest.fixture
def token(cast: Cast, trial: Trial) -> str:
    return key_of(cast.organization)


def test_same_key_and_body_repeats_the_answer(token: str) -> None:
    first = post(token, "devices", new())
    assert (first.status_code, "Idempotency-Replayed" in first) == (201, False)
    turned = dict(reversed(new().items()))  # the order of members says nothing
    again = post(token, "devices", turned)
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert (again.content, again["Location"]) == (first.content, first["Location"])
    assert Device.objects.count() == 1


def test_nothing_kept_holds_a_root_key(token: str) -> None:
    post(token, "devices", new())
    (row,) = KeptAnswer.objects.values()
    assert SECRET not in str(row).lower()
    assert "k-1" not in str(row)


def test_another_body_or_address_is_refused(token: str, trial: Trial) -> None:
    post(token, "devices", new())
    device = standing(Device.objects.get())
    for path, data in (
        ("devices", new(name="V")),
        (f"devices/{device.pk}/downlinks", {"payload_hex": "01", "f_port": 1}),
    ):
        answer = post(token, path, data)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert answer.json()["errors"][0]["in"] == "header"
    assert (Device.objects.count(), Downlink.objects.count()) == (1, 0)


def test_keys_of_others_are_others(token: str, cast: Cast) -> None:
    TrialFactory.create(organization=cast.other, code="2025-102", devices=5)
    post(token, "devices", new())
    theirs = post(key_of(cast.other), "devices", new(trial="2025-102", dev_eui="70b3d57ed0060002"))
    assert (theirs.status_code, "Idempotency-Replayed" in theirs) == (201, False)


def test_a_refusal_is_not_kept(token: str, trial: Trial) -> None:
    TrialQuota.objects.filter(trial=trial, kind="devices").update(granted=0)
    assert post(token, "devices", new()).json()["code"] == "quota_full"
    assert post(token, "devices", new(name="")).status_code == 422
    TrialQuota.objects.filter(trial=trial, kind="devices").update(granted=1)
    assert post(token, "devices", new()).status_code == 201


def test_after_a_day_the_key_is_new(token: str) -> None:
    post(token, "devices", new())
    KeptAnswer.objects.update(made_at=clock.now() - timedelta(hours=24, seconds=1))
    assert post(token, "devices", new()).json()["code"] == "dev_eui_taken"
    assert answers_forget() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "あ", "\t"])
def test_an_odd_key_is_refused(token: str, key: str) -> None:
    answer = post(token, "devices", new(), key=key.encode().decode("latin-1"))
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


def test_a_downlink_is_queued_once(token: str, trial: Trial) -> None:
    device = standing(DeviceFactory.create(trial=trial))
    answers = [
        post(token, f"devices/{device.pk}/downlinks", {"payload_hex": "01", "f_port": 1}) for _i in "12"
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert (answers[0].json(), Downlink.objects.count()) == (answers[1].json(), 1)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_device(cast: Cast) -> None:
    TrialFactory.create(organization=cast.organization, code="2025-101", devices=5)
    token = key_of(cast.organization)
    answers = at_once([lambda: post(token, "devices", new())] * 20)
    told = sorted({(answer.status_code, answer.json().get("code", "")) for answer in answers})
    assert set(told) <= {(201, ""), (409, "idempotency_in_flight")}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len([a for a in answers if a.status_code == 201 and "Idempotency-Replayed" not in a]) == 1
    assert Device.objects.count() == 1
    assert post(token, "devices", new())["Idempotency-Replayed"] == "true"
