"""Steps, notes and risks: who writes them, who reads them, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.trials.domain.keeping import MOST
from apps.trials.domain.milestones import milestone_done, milestone_save
from apps.trials.domain.notes import note_add
from apps.trials.domain.risks import risk_save, risk_set_state
from apps.trials.enums import Access, ParticipantRole, RiskState
from apps.trials.models import Milestone, Participant, Risk, Trial, TrialNote
from apps.trials.selectors.progress import progress_of
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.trials import TrialFactory

RISK: dict[str, Any] = {
    "title": "雪に埋もれて届かない",
    "scope": "見回りの2人",
    "likelihood": 2,
    "effect": 3,
    "measure": "上げる",
}


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, code="2025-101")


def url(trial: Trial, name: str = "progress", *more: Any) -> str:
    return reverse(f"trials:{name}", args=[trial.organization_id, trial.code, *more])


def test_the_company_is_asked_for_risks_until_it_tells_one(cast: Cast, trial: Trial) -> None:
    client, ask = signed_in(cast.colleague), "この実証で、うまくいかないかもしれないことは何ですか"
    workspace = reverse("trials:trial-workspace", args=[trial.organization_id, trial.code])
    assert ask in client.get(workspace).content.decode()
    assert ask not in signed_in(cast.reader).get(workspace).content.decode()
    answer = client.post(url(trial, "risk-new"), {**RISK, "scope": " "})
    assert answer.status_code == 422
    assert not Risk.objects.exists()
    assert client.post(url(trial, "risk-new"), RISK).status_code == 302
    assert ask not in client.get(workspace).content.decode()
    assert Risk.objects.get().scope == "見回りの2人"
    Trial.objects.filter(pk=trial.pk).update(ends_on=trial.starts_on)
    Risk.objects.all().delete()
    assert not progress_of(Trial.objects.get(pk=trial.pk), reader=cast.owner).asks_for_risks


def test_notes_of_the_city_for_itself_stay_with_it(cast: Cast, trial: Trial) -> None:
    admin = reverse("admin:trials_counciltrial_progress", args=[trial.pk])
    staff, owner = signed_in(cast.staff), signed_in(cast.owner)
    assert staff.post(admin, {"text": "課だけの話", "staff_only": "on"}).status_code == 302
    assert staff.post(admin, {"text": "来週お渡しします"}).status_code == 302
    assert owner.post(url(trial), {"text": "届きました"}).status_code == 302
    text = owner.get(url(trial)).content.decode()
    workspace = owner.get(reverse("trials:trial-workspace", args=[trial.organization_id, trial.code]))
    sheet = staff.get(reverse("admin:trials_counciltrial_changelist")).content.decode()
    file = b"".join(staff.get(reverse("admin:trials_counciltrial_csv"))).decode()
    for shown in (text, workspace.content.decode(), sheet, file):
        assert "課だけの話" not in shown
    assert "来週お渡しします" in text
    assert "届きました" in sheet
    assert "課だけの話" in staff.get(admin).content.decode()
    assert [row.by_city for row in TrialNote.objects.order_by("created_at")] == [True, True, False]
    # A company's history names no note that it does not read.
    entries = AuditEntry.objects.filter(action="trial.note_add", organization_id=trial.organization_id)
    assert entries.count() == 2


def test_a_note_for_the_city_alone_is_the_citys(cast: Cast, trial: Trial) -> None:
    with pytest.raises(ValueError, match="only the city"):
        note_add(trial=trial, actor=cast.owner, text="x", staff_only=True)
    with pytest.raises(ValueError, match="only staff"):
        note_add(trial=trial, actor=cast.owner, text="x", by_city=True)
    with pytest.raises(InvalidInput):
        note_add(trial=trial, actor=cast.owner, text=" \u3000\n")
    with pytest.raises(IntegrityError), transaction.atomic():
        TrialNote.objects.create(trial=trial, author=cast.owner, text="x", staff_only=True)
    signed_in(cast.owner).post(url(trial), {"text": "市へ", "staff_only": "on", "by_city": "on"})
    note = TrialNote.objects.get()
    assert (note.staff_only, note.by_city) == (False, False)


def test_a_partner_who_may_only_read_writes_nothing(cast: Cast, trial: Trial) -> None:
    Participant.objects.create(
        trial=trial, organization=cast.other, role=ParticipantRole.PARTNER, access=Access.READ
    )
    own = reverse("trials:progress", args=[cast.other.pk, trial.code])
    client = signed_in(cast.stranger)
    assert client.get(own).status_code == 200
    assert client.post(own, {"text": "x"}).status_code == 403
    new = reverse("trials:risk-new", args=[cast.other.pk, trial.code])
    assert client.post(new, RISK).status_code == 403
    assert not TrialNote.objects.exists()
    assert not Risk.objects.exists()


def test_a_row_of_another_trial_is_not_found(cast: Cast, trial: Trial) -> None:
    other = TrialFactory.create(organization=cast.other)
    risk = risk_save(trial=other, actor=cast.stranger, **RISK)
    client = signed_in(cast.owner)
    assert client.get(url(trial, "risk-edit", risk.pk)).status_code == 404
    assert client.post(url(trial, "risk-state", risk.pk), {"state": "closed"}).status_code == 404


def test_steps_are_done_on_a_day_that_has_come(cast: Cast, trial: Trial) -> None:
    today, client = clock.local_date(), signed_in(cast.owner)
    values = {"title": "設置", "due_on": today - timedelta(2)}
    late = client.post(url(trial, "milestone-new"), {**values, "done_on": today + timedelta(1)})
    assert late.status_code == 422
    assert client.post(url(trial, "milestone-new"), {**values, "is_public": "on"}).status_code == 302
    step = Milestone.objects.get()
    assert progress_of(trial, reader=cast.owner).overdue == [step]
    client.post(url(trial, "milestone-act", step.pk, "done"))
    step.refresh_from_db()
    assert step.done_on == today
    milestone_done(milestone=step, actor=cast.owner, done=True)
    assert client.post(url(trial, "milestone-act", step.pk, "other")).status_code == 404
    client.post(url(trial, "milestone-act", step.pk, "remove"))
    assert not Milestone.objects.exists()


def test_what_another_wrote_meanwhile_is_not_written_over(cast: Cast, trial: Trial) -> None:
    risk = risk_save(trial=trial, actor=cast.owner, **RISK)
    seen = risk.updated_at.isoformat()
    risk_save(trial=trial, actor=cast.colleague, risk=risk, seen=seen, **{**RISK, "title": "先の題"})
    with pytest.raises(Conflict):
        risk_save(trial=trial, actor=cast.owner, risk=risk, seen=seen, **RISK)
    answer = signed_in(cast.owner).post(url(trial, "risk-edit", risk.pk), {**RISK, "seen": seen})
    assert answer.status_code == 409
    assert 'value="雪に埋もれて届かない"' in answer.content.decode()
    risk.refresh_from_db()
    assert risk.title == "先の題"


def test_what_happened_stays_in_the_record(cast: Cast, trial: Trial) -> None:
    risk = risk_save(trial=trial, actor=cast.owner, **RISK)
    client = signed_in(cast.owner)
    for state, kept in (("happened", "happened"), ("open", "happened"), ("nonsense", "happened"),
                        ("closed", "closed"), ("open", "open")):  # fmt: skip
        client.post(url(trial, "risk-state", risk.pk), {"state": state})
        risk.refresh_from_db()
        assert risk.state == kept
    with pytest.raises(InvalidInput):
        risk_save(trial=trial, actor=cast.owner, **{**RISK, "likelihood": 4})


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_go_beyond_what_a_trial_holds(cast: Cast, trial: Trial) -> None:
    today = clock.local_date()
    Milestone.objects.bulk_create(Milestone(trial=trial, title=f"{n}", due_on=today) for n in range(MOST - 1))

    def add() -> None:
        milestone_save(trial=trial, actor=cast.owner, title="もう1つ", due_on=today)

    results = at_once([add, add])
    assert sum(isinstance(result, Conflict) for result in results) == 1
    assert Milestone.objects.count() == MOST


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_same_number_of_queries(
    rows: int, cast: Cast, trial: Trial, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        milestone_save(trial=trial, actor=cast.owner, title=f"{number}", due_on=clock.local_date())
        note_add(trial=trial, actor=cast.owner, text="x")
        risk_set_state(
            risk=risk_save(trial=trial, actor=cast.owner, **RISK), state=RiskState.HAPPENED, actor=cast.owner
        )
    client = signed_in(cast.owner)
    client.get("/healthz")
    with django_assert_num_queries(10):
        client.get(url(trial))
