"""Staff at work: making, previewing and publishing a call; reading and deciding."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.calls.models import Application, Call
from apps.core.registry import work_queue
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.deciding import final, quiet

FORM = {
    "code": "2030",
    "fiscal_year": "2030",
    "title": "2030年度の公募",
    "summary": "概要",
    "opens_at": "2030-06-01T09:00",
    "closes_at": "2030-07-01T17:15",
    "decision_on": "2030-08-01",
    "trial_from": "2030-09-01",
    "trial_until": "2031-02-28",
    "device_quota": "50",
    "message_quota": "5000",
    "grace_minutes": "0",
    **{
        f"{part}-{name}_FORMS": "0"
        for part in ("criteria", "extra_questions", "faqs", "files")
        for name in ("TOTAL", "INITIAL")
    },
}


@pytest.fixture
def staff(client: Client, cast: Cast) -> Client:
    client.force_login(cast.staff)
    return client


def test_a_call_from_the_form_to_the_site(staff: Client, cast: Cast) -> None:
    assert staff.post(reverse("admin:calls_call_add"), FORM).status_code == 302
    call = Call.objects.get(code="2030")
    assert call.state == "draft"
    assert [item.url for item in work_queue(cast.staff) if str(item.title) == call.title] == [
        reverse("admin:calls_call_change", args=[call.pk])
    ]
    preview = staff.get(reverse("admin:calls_call_preview", args=[call.pk]))
    assert "まだ公開していません" in preview.content.decode()
    assert "2030年度の公募" in preview.content.decode()
    page = reverse("admin:calls_call_publish", args=[call.pk])
    assert "この操作ではメールを送りません" in staff.get(page).content.decode()
    call.refresh_from_db()
    assert call.state == "draft"
    staff.post(page)
    call.refresh_from_db()
    assert call.state == "published"
    assert not Message.objects.exists()
    assert staff.get(page).status_code == 302
    staff.post(reverse("admin:calls_call_withdraw", args=[call.pk]))
    call.refresh_from_db()
    assert call.state == "closed"


def test_a_call_that_closes_before_it_opens(staff: Client) -> None:
    response = staff.post(reverse("admin:calls_call_add"), {**FORM, "closes_at": "2030-05-01T09:00"})
    assert response.status_code == 200
    assert "締切は、受付開始より後にしてください" in response.content.decode()
    assert not Call.objects.exists()


def test_the_application_leads_to_its_decision(staff: Client, cast: Cast) -> None:
    application = SubmittedFactory.create(
        created_by=cast.owner, organization=cast.organization, call__code="2026"
    )
    page = reverse("admin:calls_application_change", args=[application.pk])
    assert reverse("admin:calls_decision_panel", args=[application.pk]) in staff.get(page).content.decode()
    quiet(application, cast.staff, "decline")
    text = staff.get(page).content.decode()
    assert "確定前。応募者には知らせていません" in text
    final(application, cast.staff, "decline")
    text = staff.get(page).content.decode()
    assert "この決定は確定" not in text
    assert "decision-2026" in text


def test_the_list_finds_by_two_characters_and_hides_drafts(staff: Client, cast: Cast) -> None:
    SubmittedFactory.create(created_by=cast.owner, org_name="みずおと技研", code="2026-901")
    SubmittedFactory.create(created_by=cast.owner, org_name="べつの会社", code="2026-902")
    draft = SubmittedFactory.create(
        created_by=cast.owner, state="draft", submitted_at=None, code="2026-903", handed_in=False
    )
    url = reverse("admin:calls_application_changelist")
    text = staff.get(url, {"q": "みず"}).content.decode()
    assert "2026-901" in text
    assert "2026-902" not in text
    assert "2026-903" not in staff.get(url).content.decode()
    change = reverse("admin:calls_application_change", args=[draft.pk])
    assert staff.get(change).status_code in (302, 404)
    assert Application.objects.count() == 3


def test_submitted_applications_wait_for_staff_only(cast: Cast) -> None:
    call = CallFactory.create()
    sent = SubmittedFactory.create(created_by=cast.owner, call=call)
    items = [item for item in work_queue(cast.staff) if item.title == sent.title]
    assert [(item.due, item.mail_count) for item in items] == [(call.decision_on, 0)]
    assert not [item for item in work_queue(cast.owner) if item.title == sent.title]
