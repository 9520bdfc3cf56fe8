"""Correcting what was handed in, copying an earlier application, and the grace period to the second."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.calls import rules
from apps.calls.domain import application_copy, application_correct, application_submit
from apps.calls.enums import ApplicationState, CallPhase
from apps.calls.models import Application, ApplicationRevision, Call, Theme
from apps.calls.selectors.applications import answers_of
from apps.calls.selectors.status import status_of
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from tests.calls.conftest import PLEDGES
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.calls import ApplicationFactory, CallFactory, SubmittedFactory, complete_answers


@pytest.fixture
def sent(cast: Cast) -> Application:
    application: Application = SubmittedFactory.create(created_by=cast.owner, organization=cast.organization)
    return application


def bases(application: Application, *names: str) -> dict[str, str]:
    answers = answers_of(application)
    return rules.bases_of({name: answers[name] for name in names})


def test_a_correction_is_the_next_revision_and_the_first_one_stays(sent: Application, cast: Cast) -> None:
    seen = bases(sent, "title", "need")
    values = {"title": "　直した題名 ", "need": sent.need}
    done = application_correct(application=sent, actor=cast.owner, values=values, bases=seen)
    assert (done.title, done.revision, done.state) == ("直した題名", 2, "submitted")
    first, second = ApplicationRevision.objects.order_by("number")
    assert (first.answers["title"], second.answers["title"]) == (complete_answers()["title"], "直した題名")
    assert "直した" in Application.objects.get().search_text
    again = application_correct(
        application=sent, actor=cast.owner, values=values, bases=bases(done, "title", "need")
    )
    assert again.revision == 2


@pytest.mark.parametrize(
    "values", [{"title": ""}, {"sensors": []}, {"contact_email": "x"}, {"themes": ["nonsense"]}]
)
def test_what_could_not_be_handed_in_changes_nothing(
    sent: Application, cast: Cast, values: dict[str, Any]
) -> None:
    sent.call.themes.set(Theme.objects.all()[:1])
    before = answers_of(Application.objects.get())
    with pytest.raises(InvalidInput) as refused:
        application_correct(application=sent, actor=cast.owner, values=values, bases=bases(sent, *values))
    assert set(refused.value.fields) == set(values)
    assert answers_of(Application.objects.get()) == before
    assert ApplicationRevision.objects.count() == 1


def test_two_who_correct_the_same_answer_are_told(sent: Application, cast: Cast) -> None:
    seen = bases(sent, "title")
    application_correct(application=sent, actor=cast.owner, values={"title": "先の題名"}, bases=seen)
    with pytest.raises(Conflict) as refused:
        application_correct(application=sent, actor=cast.colleague, values={"title": "後の題名"}, bases=seen)
    assert refused.value.code == "changed"
    other = bases(sent, "plan")
    application_correct(application=sent, actor=cast.colleague, values={"plan": "別の答え"}, bases=other)
    row = Application.objects.get()
    assert (row.title, row.plan, row.revision) == ("先の題名", "別の答え", 3)


@pytest.mark.django_db(transaction=True)
def test_corrections_at_once_lose_nothing(cast: Cast) -> None:
    sent = SubmittedFactory.create(created_by=cast.owner, organization=cast.organization)
    names = ("title", "need", "plan", "measure", "learning")

    def act(name: str) -> Any:
        return lambda: application_correct(
            application=sent, actor=cast.owner, values={name: f"直した{name}"}, bases=bases(sent, name)
        )

    at_once([act(name) for name in names])
    row = Application.objects.get()
    assert [getattr(row, name) for name in names] == [f"直した{name}" for name in names]
    assert row.revision == 6
    assert list(row.revisions.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_who_and_when_may_not_correct(sent: Application, cast: Cast) -> None:
    change: dict[str, Any] = {"values": {"title": "x"}, "bases": bases(sent, "title")}
    for person in (cast.reader, cast.stranger, cast.staff):
        with pytest.raises(NotAllowed):
            application_correct(application=sent, actor=person, **change)
    at_the_end = sent.call.closes_at
    with pytest.raises(Conflict) as refused:
        application_correct(application=sent, actor=cast.owner, now=at_the_end, **change)
    assert refused.value.code == "closed"
    Call.objects.update(grace_minutes=1)
    sent.call.refresh_from_db()
    late = at_the_end + timedelta(seconds=59, microseconds=999_999)
    assert application_correct(application=sent, actor=cast.owner, now=late, **change).revision == 2


def test_a_decision_in_secret_makes_no_difference_to_correcting(sent: Application, cast: Cast) -> None:
    Application.objects.update(state=ApplicationState.DECLINED, decided_at=clock.now(), version=9)
    row = Application.objects.select_related("call").get()
    assert status_of(application=row, actor=cast.owner).may_correct
    done = application_correct(
        application=row, actor=cast.owner, values={"title": "直した"}, bases=bases(row, "title")
    )
    assert (done.state, done.title) == ("declined", "直した")
    Application.objects.update(decision_published_at=clock.now())
    row.refresh_from_db()
    with pytest.raises(Conflict):
        application_correct(application=row, actor=cast.owner, values={"title": "y"}, bases={})


@pytest.mark.parametrize(
    ("late", "taken"), [(-1, True), (0, True), (1799, True), (1800, False), (9999, False)]
)
def test_the_grace_period_to_the_second(cast: Cast, late: int, taken: bool) -> None:
    call = CallFactory.create(grace_minutes=30)
    draft = ApplicationFactory.create(call=call, created_by=cast.owner, **complete_answers())
    now = call.closes_at + timedelta(seconds=late)
    assert (call in Call.objects.open(now)) == taken
    assert call.in_grace(now) == (0 <= late < 1800)
    assert call.phase(now) == (CallPhase.CLOSING if taken else CallPhase.REVIEW)
    if taken:
        done = application_submit(application=draft, actor=cast.owner, pledges=PLEDGES, now=now)
        assert (done.submitted_at, done.revision) == (now, 1)
    else:
        with pytest.raises(Conflict):
            application_submit(application=draft, actor=cast.owner, pledges=PLEDGES, now=now)


def test_the_clock_goes_on_between_opening_and_handing_in(client: Client, cast: Cast) -> None:
    """Staff bring the closing forward while the check page is open: the draft stays, with words."""
    draft = ApplicationFactory.create(created_by=cast.owner, **complete_answers())
    client.force_login(cast.owner)
    page = f"/applications/{draft.code}/check/"
    assert "応募する" in client.get(page).content.decode()
    Call.objects.update(
        closes_at=clock.now() - timedelta(seconds=1), opens_at=clock.now() - timedelta(days=9)
    )
    client.post(f"/applications/{draft.code}/submit/", {"all": "on"})
    assert Application.objects.get().state == ApplicationState.DRAFT


def test_an_earlier_application_is_copied_but_for_its_days(sent: Application, cast: Cast) -> None:
    Application.objects.update(themes=["living", "safety"], extra_answers={"x": "前の答え"})
    sent.refresh_from_db()
    call = CallFactory.create(trial_from=clock.local_date() + timedelta(days=60))
    call.themes.set(Theme.objects.filter(code="safety"))
    copy = application_copy(source=sent, call=call, actor=cast.owner)
    assert (copy.title, copy.sensors, copy.places) == (sent.title, sent.sensors, sent.places)
    assert (copy.organization, copy.copied_from, copy.state) == (cast.organization, sent, "draft")
    assert (copy.period_from, copy.themes, copy.extra_answers) == (call.trial_from, ["safety"], {})
    assert (copy.revision, copy.submitted_at) == (0, None)
    with pytest.raises(Conflict) as refused:
        application_copy(source=sent, call=call, actor=cast.owner)
    assert refused.value.code == "draft"
    for person in (cast.reader, cast.stranger):
        with pytest.raises(NotAllowed):
            application_copy(source=sent, call=CallFactory.create(), actor=person)


def test_pages_of_copying_and_correcting(client: Client, sent: Application, cast: Cast) -> None:
    call = CallFactory.create(code="2027")
    client.force_login(cast.owner)
    assert sent.code in client.get("/apply/2027/start/").content.decode()
    copy = f"/applications/{sent.code}/copy/"
    assert client.post(copy, {"call": "nonsense"}).status_code == 404
    made = client.post(copy, {"call": "2027"}).headers["Location"]
    assert Application.objects.get(call=call).get_absolute_url() == made
    assert client.post(copy, {"call": "2027"}).headers["Location"] == "/apply/2027/start/"
    page = f"/applications/{sent.code}/questions/plan/"
    assert "data-autosave=" not in client.get(page).content.decode()
    answer = client.post(page, {"plan": "", "measure": "m", "learning": "l", "bases": "{}"})
    assert answer.status_code == 422
    assert client.post(f"{page}save/", {"plan": "x"}).status_code == 409
    assert Application.objects.get(pk=sent.pk).revision == 1
