"""Messages that could not be stored, by API: the same as the pages show."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.apikeys.domain import api_key_create
from apps.devices.models import Device
from apps.telemetry.enums import DeadLetterReason, DeadLetterState
from tests.cast import Cast
from tests.telemetry import test_dead_letters
from tests.telemetry.test_dead_letters import EUI, letter

pytestmark = pytest.mark.django_db
#: Its fixture.
device = test_dead_letters.device


def get(cast: Cast, path: str = "", *, organization: Any = None, **more: Any) -> Any:
    _key, token = api_key_create(
        organization=organization or cast.organization, actor=None, name="k", scopes=["read:data"], **more
    )
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return Client().get(f"/api/v1/dead-letters{path}", headers=headers)


def test_what_could_not_be_stored_is_told_with_reason_and_content(cast: Cast, device: Device) -> None:
    unread = letter(reason=DeadLetterReason.MALFORMED, payload=b"\xff{")
    stored = letter(days=1, state=DeadLetterState.REPLAYED)
    letter("70b3d57ed0aa0abc")  # nobody's
    rows = get(cast).json()["results"]
    assert [row["id"] for row in rows] == [str(unread.pk), str(stored.pk)]
    assert (rows[0]["dev_eui"], rows[0]["reason"], rows[0]["times"]) == (EUI, "malformed", 1)
    assert rows[0]["text"].startswith("It is not what a network server sends.")
    assert "content" not in rows[0]
    assert [row["id"] for row in get(cast, "?state=kept").json()["results"]] == [str(unread.pk)]
    assert get(cast, "?state=lost").status_code == 422
    assert get(cast, f"/{unread.pk}").json()["content"] == "ff 7b"


def test_strangers_and_keys_limited_to_trials_are_told_nothing(cast: Cast, device: Device) -> None:
    one = letter()
    for more in ({"organization": cast.other}, {"trials": [device.trial]}):
        assert get(cast, **more).json()["results"] == []
        assert get(cast, f"/{one.pk}", **more).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_asks_as_much_for_one_as_for_three(
    cast: Cast, device: Device, rows: int, django_assert_num_queries: Any
) -> None:
    for _number in range(rows):
        letter()
    _key, token = api_key_create(organization=cast.organization, actor=None, name="k", scopes=["read:data"])
    client = Client(headers={"Authorization": f"Bearer {token}"})
    client.get("/api/v1/dead-letters")
    with django_assert_num_queries(4):  # key, its trials, its organization, messages
        assert len(client.get("/api/v1/dead-letters").json()["results"]) == rows
