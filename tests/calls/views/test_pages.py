"""What the pages say and do: the cache, the counts of queries, stale forms, hostile text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.calls.domain import call_publish
from apps.calls.models import Application, Call
from apps.core import clock, public_pages
from apps.organizations.enums import Role
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory, CallFactory, SubmittedFactory, complete_answers
from tests.factories.organizations import MembershipFactory, OrganizationFactory


def test_public_pages_are_kept_without_cookies_and_renewed_on_publication(
    client: Client, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    CallFactory.create(code="2026", title="先の公募")
    draft = CallFactory.create(code="2027", title="次の公募", state="draft")
    for path in ("/calls/", "/calls/2026/", "/en/calls/"):
        first = client.get(path)
        assert not first.cookies
        assert b"csrf" not in first.content
        assert "ETag" in client.get(path)
        assert client.get(path, headers={"if-none-match": first["ETag"]}).status_code == 304
    assert "次の公募" not in client.get("/calls/").content.decode()
    assert client.get("/calls/2027/").status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        call_publish(call=draft, actor=cast.staff)
    public_pages.forget()
    assert "次の公募" in client.get("/calls/").content.decode()
    assert client.get("/calls/2027/").status_code == 200


@pytest.mark.parametrize(
    ("opens", "closes", "words"),
    [
        (-10, 20, ("受付中", "応募をはじめる")),
        (-10, 3, ("まもなく締切", "応募をはじめる")),
        (5, 20, ("受付前",)),
        (-20, -1, ("審査中", "受付は終わりました")),
    ],
)
def test_a_call_says_where_it_is(
    client: Client, db: None, opens: int, closes: int, words: tuple[str, ...]
) -> None:
    now = clock.now()
    CallFactory.create(
        code="2026", opens_at=now + timedelta(days=opens), closes_at=now + timedelta(days=closes)
    )
    text = client.get("/calls/2026/").content.decode()
    for word in words:
        assert word in text
    assert ("応募をはじめる" in text) == ("応募をはじめる" in words)


def test_no_call_is_told_kindly(client: Client, db: None) -> None:
    assert "次の公募はこのページでお知らせします" in client.get("/calls/").content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_lists(client: Client, cast: Cast, django_assert_num_queries: Any, rows: int) -> None:
    call = CallFactory.create()
    CallFactory.create_batch(rows - 1)
    SubmittedFactory.create_batch(
        rows, call=call, created_by=cast.owner, organization=cast.organization, decided_by=cast.staff
    )
    client.get("/calls/?warm")
    with django_assert_num_queries(1):
        client.get("/calls/")
    with django_assert_num_queries(1):
        client.get("/api/v1/calls")
    client.force_login(cast.owner)
    with django_assert_num_queries(4):
        client.get("/applications/")
    with django_assert_num_queries(4):
        client.get(reverse("calls:workspace-applications", args=[cast.organization.pk]))


def test_hostile_text_is_only_text_everywhere(client: Client, cast: Cast) -> None:
    bad = '<script>alert("x")</script>'
    sent = SubmittedFactory.create(
        created_by=cast.owner, title=bad, org_name=bad, need=bad, plan=bad, facility_name=bad
    )
    client.force_login(cast.owner)
    assert bad not in client.get(sent.get_absolute_url()).content.decode()
    assert bad not in client.get("/applications/").content.decode()
    client.force_login(cast.staff)
    page = client.get(reverse("admin:calls_application_change", args=[sent.pk]))
    assert bad not in page.content.decode()


def test_a_very_long_title_is_kept_and_shown_back(client: Client, cast: Cast) -> None:
    draft = ApplicationFactory.create(created_by=cast.owner)
    client.force_login(cast.owner)
    url = reverse("calls:application-question", args=[draft.code, "idea"])
    title = "題" * 10_000
    assert client.post(url, {"version": "1", "title": title}).status_code == 302
    assert title in client.get(url).content.decode()
    text = client.get(reverse("calls:application-check", args=[draft.code])).content.decode()
    assert "120字までに短くしてください" in text


@pytest.mark.parametrize(
    ("slug", "data", "problem"),
    [
        ("devices", {"sensors-0-name": "計", "sensors-0-count": "１２"}, ""),
        ("devices", {"sensors-0-name": "計", "sensors-0-count": "たくさん"}, ""),
        ("devices", {"sensors-0-count": "9" * 5000, "sensors-0-interval_s": "x"}, ""),
        ("devices", {"devices_undecided": "on"}, ""),
        ("period", {"period_from": "2027年1月12日", "period_until": "2027/1/20"}, ""),
        ("period", {"period_from": "きのう"}, "2027-01-12のように"),
        ("safety", {"personal_data": "maybe", "sharing": "x" * 5000}, ""),
        ("who", {"org_kind": "nonsense"}, ""),
        ("plan", {"plan": "\x00あ\ud83d"}, ""),
    ],
)
def test_screens_take_what_can_be_stored(
    client: Client, cast: Cast, slug: str, data: dict[str, str], problem: str
) -> None:
    draft = ApplicationFactory.create(created_by=cast.owner)
    client.force_login(cast.owner)
    url = reverse("calls:application-question", args=[draft.code, slug])
    data = {name: value.encode("utf-8", "ignore").decode() for name, value in data.items()}
    response = client.post(url, data)
    assert response.status_code == (422 if problem else 302)
    assert problem in response.content.decode()


@pytest.mark.parametrize("bases", ["", "x", "[]", '{"title": 1}', "[" * 5000, '{"a":' * 3000])
@pytest.mark.parametrize("pen", ["", "x:y", "page0001:1", "9" * 9000])
def test_forged_bases_and_pens_are_no_error_of_ours(client: Client, cast: Cast, bases: str, pen: str) -> None:
    draft = ApplicationFactory.create(created_by=cast.owner, **complete_answers())
    client.force_login(cast.owner)
    url = reverse("calls:application-question", args=[draft.code, "idea"])
    response = client.post(url, {"bases": bases, "pen": pen, "title": "あとの題名", "need": draft.need})
    assert (response.status_code, response.headers["Location"]) == (302, url)
    assert "あとの題名" in client.get(url).content.decode()


def test_the_deadline_between_opening_and_pressing(client: Client, cast: Cast) -> None:
    draft = ApplicationFactory.create(created_by=cast.owner, **complete_answers())
    client.force_login(cast.owner)
    assert client.get(reverse("calls:application-check", args=[draft.code])).status_code == 200
    Call.objects.update(closes_at=clock.now() - timedelta(seconds=1))
    ticks = {"publish": "on", "personal_data": "on", "terms": "on"}
    response = client.post(reverse("calls:application-submit", args=[draft.code]), ticks, follow=True)
    assert "締切を過ぎたため、応募できません" in response.content.decode()
    draft.refresh_from_db()
    assert (draft.state, draft.title) == ("draft", complete_answers()["title"])
    assert not Message.objects.filter(template="calls-receipt").exists()


def test_own_companies_are_offered_and_others_never(client: Client, cast: Cast) -> None:
    second = OrganizationFactory.create(name="二つ目の会社")
    MembershipFactory.create(organization=second, user=cast.owner, role=Role.OWNER)
    draft = ApplicationFactory.create(created_by=cast.owner)
    client.force_login(cast.owner)
    url = reverse("calls:application-question", args=[draft.code, "who"])
    text = client.get(url).content.decode()
    assert "二つ目の会社" in text
    assert "よその会社" not in text
    data = {"address": "書いた住所", "organization": str(second.pk)}
    assert client.post(url, data).headers["Location"] == url
    draft.refresh_from_db()
    assert (draft.organization, draft.org_name, draft.address) == (
        second,
        "二つ目の会社",
        "書いた住所",
    )
    forged = {"organization": str(cast.other.pk)}
    client.post(url, forged)
    draft.refresh_from_db()
    assert draft.organization == second
    client.post(url, {"organization": "new"})
    draft.refresh_from_db()
    assert (draft.organization, draft.org_name) == (None, "")


def test_a_second_application_is_asked_first(client: Client, cast: Cast) -> None:
    sent = SubmittedFactory.create(created_by=cast.owner, call__code="2026")
    client.force_login(cast.owner)
    text = client.get("/apply/2026/start/").content.decode()
    assert sent.code in text
    assert Application.objects.count() == 1
    client.post("/apply/2026/start/")
    assert Application.objects.count() == 2


def test_the_api_tells_published_calls(client: Client, db: None) -> None:
    CallFactory.create(code="2026", title_en="A call")
    CallFactory.create(code="hidden", state="draft")
    rows = client.get("/api/v1/calls").json()["results"]
    assert [(row["code"], row["phase"], row["title_en"]) for row in rows] == [("2026", "open", "A call")]
    call = client.get("/api/v1/calls/2026").json()
    assert (call["device_quota"], call["message_quota"]) == (50, 5000)
    assert client.get("/api/v1/calls/hidden").status_code == 404
    assert client.get("/api/v1/calls?cursor=%00x").status_code == 400
