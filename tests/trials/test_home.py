"""The workspace's homes: an organization's trials at a glance, a trial's day, what is next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from apps.apikeys.domain import api_key_create
from apps.core import clock
from apps.core.registry import dues, facts
from apps.telemetry.models import DeviceLatest, TrialDay
from apps.trials.enums import ChangeState
from apps.trials.models import Milestone, Trial, TrialChange
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.exports import uplinks
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, title="用水路の水位")


def silent(trial: Trial, name: str) -> None:
    """A device that sent every minute until two days ago."""
    device = DeviceFactory.create(trial=trial, name=name)
    end = clock.now() - timedelta(days=2)
    uplinks(device, 5, end=end)
    common = {"time": end, "received_at": end, "f_cnt": 5, "dr": 2, "decode_state": "decoded"}
    DeviceLatest.objects.create(device=device, deduplication_id=device.pk, values={"level": 1}, **common)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_home_of_an_organization_shows_its_trials_at_a_glance(
    client: Client, cast: Cast, trial: Trial
) -> None:
    silent(trial, "WL-09")
    silent(trial, "WL-10")
    DeviceFactory.create(trial=trial, name="WL-11")
    TrialDay.objects.create(trial=trial, day=clock.local_date(), uplinks=770)
    today = clock.local_date()
    TrialFactory.create(
        organization=cast.organization,
        starts_on=today - timedelta(days=90),
        ends_on=today - timedelta(days=1),
    )
    client.force_login(cast.reader)
    text = text_of(client, f"/o/{cast.organization.pk}/")
    assert text.count('class="trial-glance') == 2
    assert text.index("用水路の水位") < text.index("実証は終わりました")
    assert "WL-09" in text
    assert "?state=error#devices" in text
    assert "5,000通のうち770通" in text


def test_home_of_an_organization_without_a_trial_says_so(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    text = text_of(client, f"/o/{cast.organization.pk}/")
    assert "trial-glance" not in text
    assert 'class="empty"' in text


def test_home_of_a_trial_says_what_today_is_like(client: Client, cast: Cast, trial: Trial) -> None:
    silent(trial, "WL-09")
    TrialDay.objects.create(trial=trial, day=clock.local_date(), uplinks=770)
    client.force_login(cast.owner)
    text = text_of(client, f"/o/{cast.organization.pk}/trials/{trial.code}/")
    assert ">121<" in text
    assert "770" in text
    assert facts("trials.data", [trial])[trial.pk].last in text


@pytest.mark.parametrize("offset", [-200, 100])
def test_home_of_a_trial_before_and_after(client: Client, cast: Cast, offset: int) -> None:
    day = clock.local_date() + timedelta(days=offset)
    trial = TrialFactory.create(
        organization=cast.organization, starts_on=day, ends_on=day + timedelta(days=90), report_due_on=None
    )
    client.force_login(cast.owner)
    text = text_of(client, f"/o/{cast.organization.pk}/trials/{trial.code}/")
    assert ("実証は終わりました" in text) == (offset < 0)
    titles = [row.title for row in dues([trial], cast.organization)]
    assert ("報告書を出す" in titles) == (offset < 0)
    assert ("実証が始まる" in titles) == (offset > 0)


def test_what_is_next_comes_in_the_order_of_the_days(cast: Cast, trial: Trial) -> None:
    today = clock.local_date()
    Milestone.objects.create(trial=trial, title="中間のひとこと", due_on=today + timedelta(days=9))
    Milestone.objects.create(trial=trial, title="そのあと", due_on=today + timedelta(days=20))
    Trial.objects.filter(pk=trial.pk).update(report_due_on=today + timedelta(days=50))
    trial.refresh_from_db()
    key, _token = api_key_create(
        organization=cast.organization,
        actor=cast.owner,
        name="取り込み",
        scopes=["read:data"],
        expires_at=clock.now() + timedelta(days=20),
    )
    TrialChange.objects.create(
        trial=trial,
        number=1,
        kinds=["devices"],
        organization=cast.organization,
        asked_by=cast.owner,
        reason="冬も見たい",
        state=ChangeState.APPROVED,
        decided_at=clock.now(),
        decided_by=cast.staff,
    )
    other = TrialFactory.create(organization=cast.other)
    titles = [row.title for row in dues([trial], cast.organization)]
    assert sorted(titles[:2]) == sorted(["1台目を登録する", "申請への答えが届きました：承認"])
    assert titles[2:] == [
        "中間のひとこと",
        f"APIキー「{key.name}」の期限",
        "報告書を出す",
        "実証が終わる",
    ]
    assert not [row for row in dues([other], cast.other) if key.name in str(row.title)]
