"""The thin path of an applicant through the pages, and what staff see."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from apps.calls.enums import ApplicationState
from apps.calls.models import Application
from apps.outbox.domain import batch_release
from apps.outbox.enums import MessageState
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.calls import CallFactory
from tests.factories.people import UserFactory

SCREENS = {
    "who": {
        "org_kind": "corporation",
        "org_name": "株式会社みずおと技研",
        "org_kana": "カブシキガイシャミズオトギケン",
        "corporate_number": "4011001098993",
        "postal_code": "930-0083",
        "address": "富山市総曲輪1-2-3",
        "representative": "代表取締役 山田 はる",
    },
    "contact": {"contact_name": "山田 はる", "contact_email": "haru@example.jp"},
    "idea": {"title": "用水路のごみ詰まりを水位差で知る", "need": "見回りの人が困っています。"},
    "plan": {"plan": "水位計を置く", "measure": "見回りと比べる", "learning": "気づけない詰まり方"},
    "devices": {
        "sensors-0-name": "水位計",
        "sensors-0-count": "１２",
        "sensors-0-interval_s": "600",
        "sensors-0-payload_bytes": "11",
    },
    "place": {"place_undecided": "on", "facilities": "none"},
    "period": {},
    "safety": {"personal_data": "no", "conformity": "ready", "sharing": "city"},
}


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    return found.group(1) if found else ""


def test_from_the_call_to_the_receipt_and_the_decision(client: Client, cast: Cast) -> None:
    call = CallFactory.create(code="2026")
    person = UserFactory.create(email="haru@example.jp")
    start = reverse("calls:apply-start", args=["2026"])
    assert client.get(start).headers["Location"].startswith("/account/")
    client.force_login(person)
    response = client.get(start)
    application = Application.objects.get()
    assert application.code == "2026-001"
    for slug, answers in SCREENS.items():
        page = response.headers["Location"]
        assert page == f"/applications/2026-001/questions/{slug}/"
        html = client.get(page).content.decode()
        data = {**answers, "bases": unescape(hidden(html, "bases"))}
        if slug == "period":
            data |= {name: hidden(html, name) for name in ("period_from", "period_until")}
        response = client.post(page, data)
        assert response.status_code == 302, response.content.decode()
    assert response.headers["Location"] == "/applications/2026-001/check/"
    html = client.get("/applications/2026-001/check/").content.decode()
    assert 'class="missing"' not in html
    submit = "/applications/2026-001/submit/"
    assert client.post(submit, {}).status_code == 422
    response = client.post(submit, {"all": "on"})
    assert response.headers["Location"] == "/applications/2026-001/receipt/"
    assert client.post(submit, {}).headers["Location"] == "/applications/2026-001/receipt/"
    assert b"2026-001" in client.get("/applications/2026-001/receipt/").content
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    assert application.organization is not None
    assert Message.objects.filter(template="calls-receipt").count() == 1

    client.force_login(cast.staff)
    page = reverse("admin:calls_decision_panel", args=[application.pk])
    html = client.get(page).content.decode()
    data = {
        "version": hidden(html, "version"),
        "outcome": "adopt",
        "granted_devices": "60",
        "granted_messages": "5000",
    }
    response = client.post(page, data, follow=True)
    assert response.status_code == 200, response.content.decode()
    for name, who in (
        ("sign", UserFactory.create(is_staff=True, is_superuser=True)),
        ("publish", cast.staff),
    ):
        client.force_login(who)
        page = reverse(f"admin:calls_decision_{name}", args=[call.pk])
        chosen = re.findall(r'name="decision" value="([^"]+)"', client.get(page).content.decode())
        assert client.post(page, {"decision": chosen}, follow=True).status_code == 200
    mail = Message.objects.get(template="calls-decision-adopted")
    assert (mail.state, mail.batch, mail.to_email) == (
        MessageState.HELD,
        "decision-2026",
        "haru@example.jp",
    )
    client.force_login(person)
    page = f"/applications/{application.code}/"
    assert "accept" not in client.get(page).content.decode()
    batch_release(batch="decision-2026", actor=cast.staff)
    assert f"{page}accept/" in client.get(page).content.decode()
    assert client.get(f"{page}accept/").status_code == 200
    assert client.post(f"{page}accept/", follow=True).status_code == 200
    application.refresh_from_db()
    call.refresh_from_db()
    assert application.state == ApplicationState.ACCEPTED
    assert call.results_published_at is not None
    assert application.trial.code == "2026-001"


@pytest.mark.parametrize("language", ["", "/en"])
def test_public_pages_answer(client: Client, db: None, language: str) -> None:
    assert client.get(f"{language}/calls/").status_code == 200
    CallFactory.create(code="2026")
    assert client.get(f"{language}/calls/2026/").status_code == 200
    assert client.get(f"{language}/calls/nothing/").status_code == 404
