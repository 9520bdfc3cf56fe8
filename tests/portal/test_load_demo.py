from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from apps.accounts.models import User
from apps.calls.models import AnswerVariant, Application, Call, Decision, ReviewPhase
from apps.calls.selectors.applications import problems_of
from apps.calls.selectors.conflicts import conflicts_of_call
from apps.calls.selectors.review_work import work_of
from apps.calls.selectors.reviews import scores_of_call
from apps.core import clock
from apps.devices.models import Device, ModelProfile, Provision
from apps.reports.enums import Outcome
from apps.reports.models import Report
from apps.reports.selectors import outcome_counts
from apps.telemetry.integrations.simulator import samples
from apps.trials.models import Trial, TrialChange, TrialQuota


def load() -> str:
    out = StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


def rows() -> dict[str, int]:
    """How many rows each of our models has."""
    return {
        model._meta.label: model._default_manager.count()
        for config in apps.get_app_configs()
        if config.name.startswith("apps.")
        for model in config.get_models()
    }


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The sample city, loaded once for tests that look at it; what loading said."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load()
        transaction.set_rollback(True)


def test_loading_twice_doubles_nothing(city: str) -> None:
    assert city.startswith("Loaded ")
    before = rows()
    assert load() == "The sample data were loaded before.\n"
    assert rows() == before


def test_the_sample_city_shows_every_state(city: str) -> None:
    assert set(Application.objects.values_list("state", flat=True)) == {
        "draft",
        "submitted",
        "returned",
        "adopted",
        "waitlisted",
        "declined",
        "accepted",
        "turned_down",
        "withdrawn",
    }
    assert Call.objects.open().count() == 1
    assert all(outcome_counts()[outcome.value] for outcome in Outcome)
    assert Report.objects.filter(state="submitted").count() == 1
    assert all(quota.used <= quota.granted for quota in TrialQuota.objects.all())
    assert not User.objects.exclude(email__endswith="@demo.example").exists()


def test_applications_that_were_handed_in_are_complete(city: str) -> None:
    handed_in = Application.objects.filter(call__fiscal_year__gt=2021).exclude(submitted_at=None)
    faults = {row.code: problems_of(row) for row in handed_in}
    assert {code: found for code, found in faults.items() if found} == {}
    assert set(handed_in.values_list("revision", flat=True)) == {1}
    told = handed_in.filter(state="adopted").exclude(decision_published_at=None)
    assert told.count() == 1
    assert AnswerVariant.objects.filter(settled_at=None).count() == 1


def test_the_snow_call_is_half_way_through_its_review(city: str) -> None:
    call = Call.objects.get(title__contains="雪の季節")
    phase = ReviewPhase.objects.at().get(call=call)
    assert (phase.may_score, phase.hide_applicant) == (True, True)
    scores = scores_of_call(call)
    assert sum(bool(row.reviews) for row in scores.values()) == 9
    work = work_of(actor=User.objects.get(email="reviewer@demo.example"), now=clock.now())[0]
    assert (work.done, bool(work.left), bool(work.undeclared)) == (4, True, True)
    found = {(row.kind, row.source) for row in conflicts_of_call(call).values()}
    assert found == {("hard", "found"), ("hard", "recused"), ("soft", "found"), ("soft", "declared")}
    decisions = Decision.objects.filter(application__call=call)
    assert (decisions.count(), decisions.exclude(signed_by=None).count()) == (3, 1)
    assert not decisions.exclude(published_at=None).exists()


def test_trials_show_what_happens_on_their_way(city: str) -> None:
    assert set(TrialChange.objects.values_list("state", flat=True)) == {"asked", "approved", "partly"}
    own = Trial.objects.exclude(kind="application")
    assert own.count() == 6
    assert all("見本" in trial.summary or "このデモのため" in trial.summary for trial in own)
    assert all(re.fullmatch(r"\d{4}-C\d\d", trial.code) for trial in own)


def test_sixty_one_trials_of_2019_to_2021_and_samples_are_labelled(city: str) -> None:
    earlier = Trial.objects.filter(fiscal_year__in=(2019, 2020, 2021))
    assert earlier.count() == 61
    assert Application.objects.filter(trial__in=earlier, state="accepted").count() == 61
    known = [trial for trial in earlier if not trial.title.startswith("見本：")]
    assert {trial.organization.name for trial in known} == {"関西電力株式会社", "日本工営株式会社"}
    assert all("見本" in trial.summary and "sample" in trial.summary_en for trial in earlier)
    assert all("見本" in call.title for call in Call.objects.filter(fiscal_year__lte=2021))
    for row in Application.objects.filter(trial__in=earlier):
        row.full_clean()
    later = Trial.objects.exclude(pk__in=earlier)
    assert all("見本" in trial.summary for trial in later)


def test_every_public_page_of_the_sample_city_answers(city: str, client: Client) -> None:
    seen: set[str] = set()
    waiting = deque(["/", "/en/"])
    while waiting:
        address = waiting.popleft()
        if address in seen:
            continue
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code in (200, 302), address
        b"".join(getattr(answer, "streaming_content", ()))
        if answer.status_code == 200 and "html" in answer["Content-Type"]:
            found = re.findall(r'href="(/[^"#?]*)', answer.content.decode())
            waiting.extend(link for link in found if not link.startswith(("/static/", "/account/")))
    for needed in ("/reports/", "/trials/", "/calls/", "/developers/", "/en/reports/", "/reports/feed.atom"):
        assert needed in seen


def test_it_belongs_in_the_demo_only(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError):
        load()


def test_what_a_visitor_registers_with_a_played_model_reaches_the_sample_server(city: str) -> None:
    names = set(ModelProfile.objects.values_list("model__name", flat=True))
    assert names == set(samples().kinds)
    # The samples have long been there: what the simulator plays of two days past comes after it.
    before = clock.now() - timedelta(hours=48)
    sample = Provision.objects.filter(device__dev_eui__in=samples().habits)
    assert {row.state for row in sample} == {"done"}
    assert all(row.done_at is not None and row.done_at < before for row in sample)
    missing = Device.objects.filter(model__name__in=names, provision=None)
    assert not [
        device for device in missing.exclude(state="retired") if device.trial.phase(clock.now()) == "running"
    ]
