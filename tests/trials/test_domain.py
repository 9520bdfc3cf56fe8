from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from apps.audit.models import AuditEntry
from apps.calls.enums import ApplicationState
from apps.calls.models import Application
from apps.calls.rules.places import area_place, point_place
from apps.calls.signals import application_accepted
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, QuotaFull
from apps.trials.domain import (
    TrialEdit,
    quota_change,
    quota_take,
    trial_apply,
    trial_edit,
    trial_open,
    trial_set_state,
)
from apps.trials.enums import Access, ParticipantRole, Precision, QuotaKind, TrialPhase, TrialState
from apps.trials.models import Participant, Site, Trial, TrialQuota
from apps.trials.rules import PlaceFacts
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory, CallFactory
from tests.factories.trials import TrialFactory


@pytest.fixture
def application(cast: Cast) -> Application:
    call = CallFactory.create(trial_from=date(2027, 1, 1), trial_until=date(2027, 6, 30), device_quota=50)
    return ApplicationFactory.create(
        call=call,
        code="2026-015",
        state=ApplicationState.ACCEPTED,
        submitted_at=clock.now(),
        organization=cast.organization,
        created_by=cast.owner,
        title="用水路のごみ詰まりを\n水位差で知る",
        plan="水位計を2台置きます。",
        places=[point_place("井田川 放水口", "36.7012", "137.2137")],
        granted_devices=12,
        granted_messages=None,
    )


def test_the_signal_opens_the_trial_with_everything_the_application_knows(
    application: Application, cast: Cast
) -> None:
    with transaction.atomic():
        application_accepted.send(
            sender=Application, application=application, actor=cast.owner, now=clock.now()
        )
    trial = Trial.objects.get()
    assert (trial.code, trial.title, trial.summary) == (
        "2026-015",
        "用水路のごみ詰まりを 水位差で知る",
        "水位計を2台置きます。",
    )
    assert (trial.starts_on, trial.ends_on, trial.fiscal_year) == (date(2027, 1, 1), date(2027, 6, 30), 2026)
    assert trial.application == application
    part = Participant.objects.get()
    assert (part.organization, part.role, part.access) == (
        cast.organization,
        ParticipantRole.LEAD,
        Access.MANAGE,
    )
    assert dict(TrialQuota.objects.values_list("kind", "granted")) == {"devices": 12, "messages": 5000}
    site = Site.objects.get()
    assert (site.name, site.precision) == ("井田川 放水口", Precision.DISTRICT)
    entry = AuditEntry.objects.get(action="trial.open")
    assert entry.organization_id == cast.organization.pk
    assert entry.data == {"application": "2026-015", "granted": {"devices": 12, "messages": 5000}}


def test_opening_twice_gives_the_same_trial(application: Application, cast: Cast) -> None:
    first = trial_open(application=application, actor=cast.owner)
    assert trial_open(application=application, actor=cast.owner) == first
    assert Trial.objects.count() == 1
    assert TrialQuota.objects.count() == 2


def test_an_undecided_place_gives_no_site(application: Application, cast: Cast) -> None:
    application.places = []
    application.save()
    trial = trial_open(application=application, actor=cast.owner)
    assert trial.sites.count() == 0


def test_each_place_becomes_a_site_and_an_area_its_middle(application: Application, cast: Cast) -> None:
    application.places = [
        *application.places,
        area_place("公園", "36.69, 137.21\n36.70, 137.21\n36.70, 137.22\n36.69, 137.22"),
        point_place("名前だけの橋", "", ""),
    ]
    application.save()
    gate, park, bridge = trial_open(application=application, actor=cast.owner).sites.all()
    assert (gate.point.y, gate.point.x) == (36.7012, 137.2137)
    assert (park.name, park.point.y, park.point.x) == ("公園", 36.695, 137.215)
    assert (bridge.name, bridge.point) == ("名前だけの橋", None)


def test_an_application_without_organization_is_refused(application: Application, cast: Cast) -> None:
    application.organization = None
    application.save()
    with pytest.raises(Conflict):
        trial_open(application=application, actor=cast.owner)
    assert not Trial.objects.exists()


def test_public_pages_are_renewed_when_a_trial_opens(
    application: Application, cast: Cast, django_capture_on_commit_callbacks, monkeypatch
) -> None:
    renewed = []
    monkeypatch.setattr("apps.core.public_pages.changed", lambda: renewed.append(1))
    with django_capture_on_commit_callbacks(execute=True):
        trial_open(application=application, actor=cast.owner)
    assert renewed == [1]


@pytest.mark.django_db
@pytest.mark.parametrize(("granted", "used", "amount"), [(3, 3, 1), (3, 2, 2), (0, 0, 1)])
def test_a_full_quota_is_refused_with_limit_and_use(granted: int, used: int, amount: int) -> None:
    trial = TrialFactory.create(devices=granted)
    TrialQuota.objects.filter(trial=trial, kind=QuotaKind.DEVICES).update(used=used)
    with pytest.raises(QuotaFull) as refusal:
        quota_take(trial=trial, kind=QuotaKind.DEVICES, amount=amount)
    assert refusal.value.code == "quota_full"
    assert refusal.value.data["limit"] == granted
    assert refusal.value.data["used"] == used
    if granted:
        assert str(granted) in refusal.value.message
        assert str(used) in refusal.value.message


@pytest.mark.django_db
def test_a_trial_without_quota_row_has_none_to_give() -> None:
    trial = TrialFactory.create()
    TrialQuota.objects.filter(trial=trial).delete()
    with pytest.raises(QuotaFull) as refusal:
        quota_take(trial=trial, kind=QuotaKind.DEVICES)
    assert refusal.value.data["limit"] == 0


def test_a_quota_can_be_raised_and_lowered_down_to_its_use(cast: Cast) -> None:
    trial = TrialFactory.create(devices=5)
    TrialQuota.objects.filter(trial=trial, kind=QuotaKind.DEVICES).update(used=3)
    assert quota_change(trial=trial, kind=QuotaKind.DEVICES, granted=3, actor=cast.staff).granted == 3
    with pytest.raises(InvalidInput) as refusal:
        quota_change(trial=trial, kind=QuotaKind.DEVICES, granted=2, actor=cast.staff)
    assert "3" in refusal.value.message
    assert set(refusal.value.fields) == {"granted"}
    entry = AuditEntry.objects.get(action="trial.quota_change")
    assert entry.data == {"kind": "devices", "from": 5, "to": 3}


def test_staff_edit_what_is_theirs_and_nothing_else(cast: Cast) -> None:
    trial = TrialFactory.create()
    trial_edit(trial=trial, actor=cast.staff, changes={"title_en": "Debris by level", "is_public": False})
    trial.refresh_from_db()
    assert (trial.title_en, trial.is_public) == ("Debris by level", False)
    with pytest.raises(ValueError, match="code"):
        trial_edit(trial=trial, actor=cast.staff, changes={"code": "x"})
    with pytest.raises(InvalidInput) as refusal:
        trial_edit(trial=trial, actor=cast.staff, changes={"ends_on": date(2000, 1, 1)})
    assert refusal.value.fields


def test_a_stopped_trial_says_so_and_can_be_resumed(cast: Cast) -> None:
    trial = TrialFactory.create()
    assert trial.phase() == TrialPhase.RUNNING
    stopped = trial_set_state(trial=trial, state=TrialState.STOPPED, actor=cast.staff)
    assert stopped.phase() == TrialPhase.STOPPED
    again = trial_set_state(trial=trial, state=TrialState.ACTIVE, actor=cast.staff)
    assert again.phase() == TrialPhase.RUNNING


def test_a_place_is_kept_clean(cast: Cast) -> None:
    place = PlaceFacts(id="", name=" 井田川\u202e ", latitude=None, longitude=None, precision="district")
    trial = trial_apply(trial=TrialFactory.create(), edit=TrialEdit(places=[place]), actor=cast.staff)
    assert [site.name for site in trial.sites.all()] == ["井田川"]
