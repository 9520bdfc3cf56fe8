"""The keeper's page and staff's pages around it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.calls.enums import ConsentState
from apps.calls.models import Application, FacilityConsent
from apps.core import clock
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory, SubmittedFactory
from tests.factories.joint import ConsentFactory, answered

TOKEN = "k" * 43
LINK = f"/consent/{TOKEN}/"
ANSWER = {"answer": "approved", "comment": "", "answered_section": "施設管理課", "answered_by": "宮田 守"}


@pytest.fixture
def application(cast: Cast) -> Application:
    row: Application = SubmittedFactory.create(
        created_by=cast.owner,
        organization=cast.organization,
        contact_phone="076-000-1234",
        personal_data="yes",
        personal_data_note="顔写真を扱います",
        facility_name="婦中ふれあい館",
        facility_owner="施設管理課",
    )
    return row


def asked() -> dict[str, str]:
    return {
        "facility": "婦中ふれあい館の屋上",
        "owner_name": "見本市 施設管理課",
        "email": "shisetsu@example.jp",
        "message": "屋上に1台置きます。",
        "due_on": (clock.local_date() + timedelta(days=14)).isoformat(),
    }


def admin(name: str, pk: Any) -> str:
    return reverse(f"admin:calls_facilityconsent_{name}", args=[pk])


# The keeper


def test_the_page_shows_the_question_and_no_contact_or_personal_data(
    client: Client, application: Application
) -> None:
    ConsentFactory.create(application=application, token=TOKEN)
    answer = client.get(LINK)
    text = answer.content.decode()
    for shown in (
        "婦中ふれあい館の屋上",
        application.title,
        application.org_name,
        "婦中町の用水路",
        "36.6531",
    ):
        assert shown in text
    for secret in ("haru@example.jp", "076-000-1234", "山田 はる", "顔写真", "総曲輪", "owner@example.jp"):
        assert secret not in text
    assert answer["X-Robots-Tag"].startswith("noindex")
    assert "no-store" in answer["Cache-Control"]


def test_the_page_shows_areas_and_places_that_are_only_named(
    client: Client, application: Application
) -> None:
    square = [[[137.1, 36.6], [137.2, 36.6], [137.2, 36.7], [137.1, 36.7], [137.1, 36.6]]]
    application.places = [
        {"name": "田のまわり", "geometry": {"type": "Polygon", "coordinates": square}},
        {"name": "後で決める所", "geometry": None},
    ]
    application.save()
    ConsentFactory.create(application=application, token=TOKEN)
    text = client.get(LINK).content.decode()
    assert "田のまわり" in text
    assert "後で決める所" in text
    Application.objects.update(places=[])
    assert client.get(LINK).status_code == 200


def test_the_answer_is_given_once_and_then_read_only(client: Client, application: Application) -> None:
    ConsentFactory.create(application=application, token=TOKEN)
    refused = client.post(LINK, {**ANSWER, "answer": "declined"})
    assert refused.status_code == 422
    assert "宮田 守" in refused.content.decode()
    assert client.post(LINK, ANSWER).status_code == 302
    shown = client.get(LINK).content.decode()
    assert "施設管理課 宮田 守" in shown
    assert "<textarea" not in shown
    other = client.post(LINK, {**ANSWER, "answer": "declined", "comment": "だめ", "answered_by": "別の人"})
    assert "別の人" not in other.content.decode()
    row = FacilityConsent.objects.get()
    assert (row.state, row.answered_from) == (ConsentState.APPROVED, "127.0.0.1")
    assert Message.objects.count() == 1


def test_a_token_of_another_question_is_no_key_here(client: Client, application: Application) -> None:
    ConsentFactory.create(application=application, token=TOKEN)
    other = ConsentFactory.create(token="other", facility="ほかの施設")
    client.post("/consent/other/", ANSWER)
    other.refresh_from_db()
    assert other.state == ConsentState.APPROVED
    assert FacilityConsent.objects.get(application=application).state == ConsentState.ASKED


def test_dead_links_are_one_page(client: Client, application: Application) -> None:
    ConsentFactory.create(application=application, token="expired", expires_at=clock.now())
    ConsentFactory.create(application=application, token="void", state=ConsentState.VOID)
    for token in ("unknown", "expired", "void"):
        assert client.get(f"/consent/{token}/").status_code == 404
        assert client.post(f"/consent/{token}/", ANSWER).status_code == 404


def test_a_withdrawn_application_says_so(client: Client, application: Application) -> None:
    ConsentFactory.create(application=application, token=TOKEN)
    Application.objects.filter(pk=application.pk).update(state="withdrawn")
    assert "<textarea" not in client.get(LINK).content.decode()
    assert client.post(LINK, ANSWER).status_code == 409


@pytest.mark.parametrize("places", [1, 3])
def test_the_keeper_s_page_asks_the_same_few_questions(
    client: Client, application: Application, places: int, django_assert_num_queries: Any
) -> None:
    application.places = application.places * places
    application.save()
    ConsentFactory.create(application=application, token=TOKEN)
    client.get(LINK)
    with django_assert_num_queries(5):
        client.get(LINK)


# Staff


def test_staff_see_the_mail_before_it_leaves(client: Client, application: Application, cast: Cast) -> None:
    client.force_login(cast.staff)
    url = admin("ask", application.pk)
    assert 'value="婦中ふれあい館"' in client.get(url).content.decode()
    preview = client.post(url, asked())
    text = preview.content.decode()
    assert (preview.status_code, FacilityConsent.objects.count()) == (200, 0)
    assert "屋上に1台置きます。" in text
    assert "/consent/…/" in text
    done = client.post(url, {**asked(), "send": "1"})
    assert done.headers["Location"].endswith(f"/admin/calls/application/{application.pk}/change/")
    mail = Message.objects.get()
    assert mail.subject in text
    again = client.post(url, {**asked(), "send": "1"})
    assert (again.status_code, Message.objects.count()) == (422, 1)
    assert client.post(url, {**asked(), "due_on": "1999-01-01"}).status_code == 422
    assert client.post(url, {}).status_code == 422


def test_staff_read_remind_void_and_ask_anew(client: Client, application: Application, cast: Cast) -> None:
    client.force_login(cast.staff)
    waiting = ConsentFactory.create(application=application)
    given = answered(application=application, facility="別の館")
    assert client.get(admin("change", waiting.pk)).status_code == 200
    text = client.get(admin("change", given.pk)).content.decode()
    assert "192.0.2.7" in text
    assert client.post(admin("read", given.pk)).status_code == 302
    assert client.post(admin("remind", waiting.pk)).status_code == 302
    assert client.post(admin("void", given.pk), {"reason": ""}).status_code == 422
    assert client.post(admin("void", given.pk), {"reason": "別の人の答えでした。"}).status_code == 302
    url = f"{admin('ask', application.pk)}?again={waiting.pk}"
    assert "婦中ふれあい館の屋上" in client.get(url).content.decode()
    assert client.post(url, {**asked(), "send": "1"}).status_code == 302
    states = dict(FacilityConsent.objects.values_list("pk", "state"))
    assert (states[waiting.pk], states[given.pk]) == ("void", "void")
    assert sorted(states.values()) == ["asked", "void", "void"]


def test_nobody_asks_about_a_draft(client: Client, cast: Cast) -> None:
    client.force_login(cast.staff)
    assert client.get(admin("ask", ApplicationFactory.create().pk)).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_of_consents_asks_the_same_few_questions(client: Client, cast: Cast, number: int) -> None:
    ConsentFactory.create_batch(number)
    client.force_login(cast.staff)
    url = reverse("admin:calls_facilityconsent_changelist")
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        client.get(url)
    # What waits for staff was counted with the first; of consents: the list and its counts.
    assert len([query for query in seen if "calls_facilityconsent" in query["sql"]]) == 3
