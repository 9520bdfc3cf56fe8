from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.core.errors import Conflict, DomainError, InvalidInput, NotAllowed
from apps.organizations.enums import Role
from apps.outbox.enums import MessageState
from apps.outbox.models import Message
from apps.reports.domain import report_begin, report_publish, report_return, report_save, report_submit
from apps.reports.enums import ReportState
from apps.reports.models import Report
from apps.reports.rules import TRANSITIONS, lines, may_become, named_trials, problems
from apps.trials.models import Trial
from tests.cast import Cast
from tests.factories.organizations import MembershipFactory
from tests.factories.people import UserFactory
from tests.factories.reports import DraftReportFactory, ReportFactory
from tests.factories.trials import TrialFactory

COMPLETE = {"outcome": "did_not", "summary": "分けられませんでした。", "learned": "水位差がよいです。"}


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization)


def draft(trial: Trial, **values: Any) -> Report:
    report: Report = DraftReportFactory.create(trial=trial, **values)
    return report


def test_a_report_is_begun_once(cast: Cast, trial: Trial) -> None:
    first = report_begin(trial=trial, actor=cast.owner)
    assert report_begin(trial=trial, actor=cast.colleague) == first
    assert Report.objects.count() == 1


def test_a_draft_may_be_incomplete(cast: Cast, trial: Trial) -> None:
    report = report_save(trial=trial, actor=cast.owner, version=0, values={"summary": " 途中\u202e "})
    assert (report.state, report.summary, report.version) == (ReportState.DRAFT, "途中", 1)


def test_a_save_from_an_old_form_is_refused(cast: Cast, trial: Trial) -> None:
    report_save(trial=trial, actor=cast.owner, version=0, values={"summary": "先の人"})
    with pytest.raises(Conflict) as refused:
        report_save(trial=trial, actor=cast.colleague, version=0, values={"summary": "後の人"})
    assert refused.value.code == "changed"
    assert Report.objects.get().summary == "先の人"


def test_ten_thousand_characters_are_named_at_submission(cast: Cast, trial: Trial) -> None:
    report = report_save(
        trial=trial, actor=cast.owner, version=0, values={**COMPLETE, "summary": "あ" * 10_000}
    )
    with pytest.raises(InvalidInput) as refused:
        report_submit(report=report, actor=cast.owner)
    assert list(refused.value.fields) == ["summary"]
    assert "10,000" in refused.value.fields["summary"][0]
    assert "9,600" in refused.value.fields["summary"][0]
    assert len(Report.objects.get().summary) == 10_000


def test_a_text_without_end_is_refused_even_in_a_draft(cast: Cast, trial: Trial) -> None:
    with pytest.raises(InvalidInput) as refused:
        report_save(trial=trial, actor=cast.owner, version=0, values={"learned": "あ" * 20_001})
    assert list(refused.value.fields) == ["learned"]
    assert not Report.objects.exists()


def test_an_unknown_outcome_is_refused(cast: Cast, trial: Trial) -> None:
    with pytest.raises(InvalidInput) as refused:
        report_save(trial=trial, actor=cast.owner, version=0, values={"outcome": "great"})
    assert list(refused.value.fields) == ["outcome"]


def test_submission_asks_for_three_answers(cast: Cast, trial: Trial) -> None:
    report = report_begin(trial=trial, actor=cast.owner)
    with pytest.raises(InvalidInput) as refused:
        report_submit(report=report, actor=cast.owner)
    assert list(refused.value.fields) == ["outcome", "summary", "learned"]
    assert Report.objects.get().state == ReportState.DRAFT


def test_submission_sends_a_receipt_to_whoever_handed_it_in(cast: Cast, trial: Trial) -> None:
    report = report_save(trial=trial, actor=cast.colleague, version=0, values=COMPLETE)
    report = report_submit(report=report, actor=cast.colleague)
    assert report.state == ReportState.SUBMITTED
    assert report.submitted_at is not None
    assert [(mail.to_email, mail.state) for mail in Message.objects.all()] == [
        (cast.colleague.email, MessageState.QUEUED)
    ]


def test_a_report_that_was_handed_in_is_not_the_companys_to_change(cast: Cast, trial: Trial) -> None:
    report = draft(trial, state=ReportState.SUBMITTED)
    with pytest.raises(Conflict):
        report_save(trial=trial, actor=cast.owner, version=report.version, values=COMPLETE)


def test_publishing_tells_owners_and_managers(cast: Cast, trial: Trial) -> None:
    manager = UserFactory.create(language="en")
    MembershipFactory.create(organization=cast.organization, user=manager, role=Role.MANAGER)
    report = draft(trial, state=ReportState.SUBMITTED)
    assert report_publish(report=report, actor=cast.staff) == 2
    report.refresh_from_db()
    assert (report.state, report.approved_by) == (ReportState.PUBLISHED, cast.staff)
    mails = {mail.to_email: mail for mail in Message.objects.all()}
    assert sorted(mails) == sorted([cast.owner.email, manager.email])
    assert f"/reports/{trial.code}/" in mails[cast.owner.email].body
    assert f"/en/reports/{trial.code}/" in mails[manager.email].body


def test_no_recipients_means_nobody(cast: Cast) -> None:
    report = draft(TrialFactory.create(), state=ReportState.SUBMITTED)
    assert report_publish(report=report, actor=cast.staff) == 0
    assert not Message.objects.exists()


def test_a_report_is_sent_back_with_a_reason(cast: Cast, trial: Trial) -> None:
    report = draft(trial, state=ReportState.SUBMITTED)
    with pytest.raises(InvalidInput):
        report_return(report=report, actor=cast.staff, reason="  ")
    assert report_return(report=report, actor=cast.staff, reason="期間を足してください。") == 1
    report.refresh_from_db()
    assert (report.state, report.return_reason) == (ReportState.RETURNED, "期間を足してください。")
    assert "期間を足してください。" in Message.objects.get().body
    assert report_submit(report=report, actor=cast.owner).return_reason == ""


def test_a_corrected_report_keeps_its_first_day(cast: Cast, trial: Trial) -> None:
    report: Report = ReportFactory.create(trial=trial)
    first = report.published_at
    report_return(report=report, actor=cast.staff, reason="名前が違います。")
    assert not Report.objects.published().exists()
    report_submit(report=report, actor=cast.owner)
    report_publish(report=report, actor=cast.staff)
    assert Report.objects.published().get().published_at == first


@pytest.mark.parametrize("name", ["owner", "colleague", "reader", "stranger", "reviewer"])
def test_only_staff_publish_and_send_back(cast: Cast, trial: Trial, name: str) -> None:
    report = draft(trial, state=ReportState.SUBMITTED)
    with pytest.raises(NotAllowed):
        report_publish(report=report, actor=getattr(cast, name))
    with pytest.raises(NotAllowed):
        report_return(report=report, actor=getattr(cast, name), reason="いいえ")
    report.refresh_from_db()
    assert report.state == ReportState.SUBMITTED


ACTS: dict[ReportState, Callable[[Report, Cast], object]] = {
    ReportState.SUBMITTED: lambda report, cast: report_submit(report=report, actor=cast.owner),
    ReportState.PUBLISHED: lambda report, cast: report_publish(report=report, actor=cast.staff),
    ReportState.RETURNED: lambda report, cast: report_return(report=report, actor=cast.staff, reason="直す"),
}


@pytest.mark.parametrize("before", list(ReportState))
@pytest.mark.parametrize("after", list(ACTS))
def test_every_change_of_state_follows_the_table(
    cast: Cast, trial: Trial, before: ReportState, after: ReportState
) -> None:
    report = draft(trial, state=before)
    if may_become(before, after):
        ACTS[after](report, cast)
        report.refresh_from_db()
        assert report.state == after
        entry = AuditEntry.objects.get(action="report.state")
        assert entry.data == {"from": before.value, "to": after.value}
    else:
        with pytest.raises(DomainError):
            ACTS[after](report, cast)
        report.refresh_from_db()
        assert report.state == before


def test_the_table_names_every_state() -> None:
    assert set(TRANSITIONS) == set(ReportState)


def test_problems_of_a_complete_report() -> None:
    assert problems(COMPLETE) == {}


def test_lines_lose_their_marks_but_not_their_minus() -> None:
    assert lines("・音\n- 水位\n\n-97 dBm でした\n* 雪") == ["音", "水位", "-97 dBm でした", "雪"]


def test_trials_that_a_text_names() -> None:
    text = "続きは2026-015 と2026-C01です（2026-015）。電話は076-2026-0155、2026-12-03に。"
    assert named_trials(text) == ["2026-015", "2026-C01"]
