"""Dead letters as their company sees them, and what is kept for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.core import clock
from apps.core.errors import Conflict
from apps.core.models import SiteSettings
from apps.core.site import forget
from apps.devices.enums import DeviceState
from apps.devices.models import Device
from apps.telemetry.domain import partitions
from apps.telemetry.domain.gauges import ingest_gauges
from apps.telemetry.domain.replay import dead_letter_discard, dead_letter_replay
from apps.telemetry.domain.retention import partitions_there, retention_apply
from apps.telemetry.enums import DeadLetterReason, DeadLetterState
from apps.telemetry.models import DeadLetter, Uplink
from apps.telemetry.selectors.dead_letters import letters_of
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db
EUI = "70b3d57ed0aa0009"


def letter(dev_eui: str = EUI, days: int = 0, **changes: object) -> DeadLetter:
    number = DeadLetter.objects.count()
    values: dict[str, object] = {
        "reason": DeadLetterReason.UNKNOWN_DEVICE,
        "topic": topic_of(dev_eui),
        "payload": encoded(uplink_event(dev_eui)),
        "payload_hash": f"{number:064x}",
        "dev_eui": dev_eui,
        "received_at": clock.now() - timedelta(days=days),
    }
    return DeadLetter.objects.create(**{**values, **changes})


@pytest.fixture
def device(cast: Cast) -> Device:
    trial = TrialFactory.create(organization=cast.organization)
    return DeviceFactory.create(dev_eui=EUI, trial=trial, model=None)


def test_dead_letters_are_stored_by_the_company_once_the_device_is_there(
    client: Client, cast: Cast, device: Device
) -> None:
    partitions.forget()
    first, second = letter(days=1), letter(reason=DeadLetterReason.MALFORMED, payload=b"{", dev_eui=EUI)
    client.force_login(cast.owner)
    page = reverse("telemetry:letter-list", args=[cast.organization.pk])
    assert device.name in client.get(page).content.decode()
    assert client.post(page).status_code == 302
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (DeadLetterState.REPLAYED, DeadLetterState.KEPT)
    assert Uplink.objects.get().device_id == device.pk
    one = reverse("telemetry:letter-detail", args=[cast.organization.pk, second.pk])
    assert client.post(one, {"act": "discard", "reason": ""}).status_code == 422
    assert client.post(one, {"act": "discard", "reason": "試験で送った"}).status_code == 302
    second.refresh_from_db()
    assert (second.state, second.discard_reason) == (DeadLetterState.DISCARDED, "試験で送った")
    with pytest.raises(Conflict):
        dead_letter_discard(letter=second, actor=cast.staff, reason="again")


def test_dead_letters_of_a_device_that_was_another_company_s_stay_with_it(cast: Cast, device: Device) -> None:
    Device.objects.filter(pk=device.pk).update(state=DeviceState.RETIRED)
    theirs = DeviceFactory.create(dev_eui=EUI, model=None)
    Device.objects.filter(pk=device.pk).update(created_at=clock.now() - timedelta(days=9))
    Device.objects.filter(pk=theirs.pk).update(created_at=clock.now() - timedelta(days=3))
    before, ours, now = letter(days=12), letter(days=5), letter(days=1)
    assert set(letters_of(cast.organization)) == {before, ours}
    assert set(letters_of(theirs.organization)) == {now}


def test_dead_letters_without_content_cannot_be_stored(cast: Cast) -> None:
    with pytest.raises(Conflict):
        dead_letter_replay(letter=letter(withheld=True, payload=b""), actor=cast.staff)


@pytest.mark.parametrize("rows", [1, 3])
def test_dead_letters_take_as_many_queries_for_three_as_for_one(
    client: Client, cast: Cast, device: Device, rows: int, django_assert_num_queries: object
) -> None:
    for _ in range(rows):
        letter()
    client.force_login(cast.owner)
    with django_assert_num_queries(9):  # type: ignore[operator]
        client.get(reverse("telemetry:letter-list", args=[cast.organization.pk]))


def test_retention_drops_whole_months_only_when_the_city_says_so() -> None:
    now = clock.now()
    old = partitions.month_after(partitions.month_of(now), -14)
    partitions.partitions_ensure(months=[old])
    letter(days=40)
    names = {partitions.partition_name(old, table) for table in partitions.TABLES}
    assert retention_apply(now=now).partitions == ()
    SiteSettings.objects.update_or_create(
        pk=1, defaults={"keep_uplinks_months": 12, "keep_dead_letters_days": 30}
    )
    forget()
    assert set(retention_apply(now=now, dry=True).partitions) == names
    retired = retention_apply(now=now)
    assert (set(retired.partitions), retired.letters) == (names, 1)
    assert not names & {name for name, _month in partitions_there()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM telemetry_uplink")
        assert cursor.fetchone() == (0,)


def test_gauges_tell_of_dead_letters_and_months_ahead() -> None:
    partitions.forget()
    partitions.partitions_ahead(ahead=2)
    letter()
    numbers = ingest_gauges()
    assert numbers['machitry_dead_letters{reason="unknown_device"}'] == 1
    assert numbers["machitry_partitions_ahead_months"] >= 2
    assert "machitry_ingest_silence_seconds" not in numbers
