"""Pages of the panel: the mailed link, staff's pages, ties and declarations of reviewers."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.calls.models import Application, Call, ReviewAssignment, ReviewConflict, Reviewer, ReviewerTie
from apps.core.tokens import token_hash
from apps.outbox.models import Message
from tests.factories.calls import SubmittedFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.review import (
    InvitedReviewerFactory,
    ReviewAssignmentFactory,
    ReviewerFactory,
    review_call,
)

pytestmark = pytest.mark.django_db
TOKEN = "k" * 43
LINK = f"/panel/{TOKEN}/"
#: What the pages ask beyond the frame and its work queue, however many rows there are.
PANEL_QUERIES, CONFLICT_QUERIES = 15, 16


@pytest.fixture
def call() -> Call:
    return review_call(code="2026")


@pytest.fixture
def staff(client: Client) -> User:
    user: User = UserFactory.create(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def application(call: Call) -> Application:
    company = OrganizationFactory.create(name="株式会社かわせみ計測")
    row: Application = SubmittedFactory.create(
        call=call, organization=company, org_name=company.name, title="かわせみ計測の水位計"
    )
    return row


def where(name: str, call: Call, *more: Any) -> str:
    return reverse(f"admin:calls_call_{name}", args=[call.pk, *more])


def text(answer: Any) -> str:
    return str(answer.content.decode())


def rows(*given: dict[str, str], **more: str) -> dict[str, str]:
    """The formset of ties as a browser sends it."""
    data = {"tie-TOTAL_FORMS": str(len(given)), "tie-INITIAL_FORMS": "0", **more}
    for number, row in enumerate(given):
        data |= {f"tie-{number}-{name}": value for name, value in row.items()}
    return data


# The mailed link


def test_panel_link_speaks_the_language_of_its_address_and_asks_to_sign_in(
    client: Client, call: Call
) -> None:
    InvitedReviewerFactory.create(call=call, email="haru@machi-u.ac.jp", token_hash=token_hash(TOKEN))
    page = client.get(LINK)
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "haru@machi-u.ac.jp" in text(page)
    assert "Will you review" in text(client.get(f"/en{LINK}"))
    client.post(LINK)
    assert Reviewer.objects.get().state == "invited", "who is signed out accepts nothing"


def test_panel_link_accepts_and_leads_to_the_ties(client: Client, call: Call) -> None:
    InvitedReviewerFactory.create(call=call, email="haru@machi-u.ac.jp", token_hash=token_hash(TOKEN))
    client.force_login(UserFactory.create(email="haru@machi-u.ac.jp"))
    assert client.get(LINK).status_code == 200
    ties = reverse("admin:review-ties", args=[call.code])
    assert client.post(LINK)["Location"] == ties
    assert client.get(LINK)["Location"] == ties
    assert client.get(ties).status_code == 200


def test_panel_link_refuses_others_and_staff_in_words(client: Client, call: Call) -> None:
    InvitedReviewerFactory.create(call=call, email="haru@machi-u.ac.jp", token_hash=token_hash(TOKEN))
    client.force_login(UserFactory.create())
    answer = client.post(LINK)
    assert answer.status_code == 403
    assert "haru@machi-u.ac.jp" in text(answer)
    client.force_login(UserFactory.create(is_staff=True))
    assert "職員は審査をしません" in text(client.get(LINK))
    assert Reviewer.objects.get().state == "invited"


def test_panel_link_declines_without_an_account(client: Client, call: Call) -> None:
    InvitedReviewerFactory.create(call=call, token_hash=token_hash(TOKEN))
    assert client.post(f"{LINK}decline/").status_code == 200
    assert Reviewer.objects.get().state == "declined"
    assert client.get(LINK).status_code == 404


# Staff


def test_panel_invite_says_first_who_gets_a_mail(client: Client, call: Call, staff: User) -> None:
    url = where("panel_invite", call)
    data = {"people": "水野 はる <haru@machi-u.ac.jp>\nPaul Lee <paul@lee.org>", "language": "en"}
    page = client.post(url, data)
    assert "メールを2通送ります" in text(page)
    assert Message.objects.count() == Reviewer.objects.count() == 0
    done = client.post(url, {**data, "send": "1"}, follow=True)
    assert "paul@lee.org" in text(done)
    assert Message.objects.count() == 2
    again = client.post(url, data)
    assert "続けては送りません" in text(again)
    assert 'name="send"' not in text(again)


def test_panel_invite_refuses_staff_and_what_cannot_be_read(client: Client, call: Call, staff: User) -> None:
    url = where("panel_invite", call)
    data = {"people": f"水野 はる <haru@machi-u.ac.jp>\n担当 <{staff.email}>", "language": "ja"}
    for more in ({}, {"send": "1"}):
        answer = client.post(url, {**data, **more})
        assert answer.status_code == 422
        assert f"{staff.email}は市の職員のアカウントです" in text(answer)
    answer = client.post(url, {"people": "A <a@b.jp>\nはるだけ", "language": "ja", "send": "1"})
    assert "2行目" in text(answer)
    assert Message.objects.count() == 0


def test_panel_staff_correct_resend_and_remove(client: Client, call: Call, staff: User) -> None:
    row = InvitedReviewerFactory.create(call=call)
    data = {"name": "水野 春", "affiliation": "まち大学", "language": "en", "load_limit": "4"}
    assert client.post(where("panel_reviewer", call, row.pk), data).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.affiliation, row.load_limit) == ("水野 春", "まち大学", 4)
    Reviewer.objects.update(sent_at=None)
    assert client.post(where("panel_resend", call, row.pk)).status_code == 302
    assert client.post(where("panel_resend", call, row.pk)).status_code == 302
    assert Message.objects.count() == 1
    assert "水野 春" in text(client.get(where("panel_remove", call, row.pk)))
    assert client.post(where("panel_remove", call, row.pk)).status_code == 302
    assert client.post(where("panel_remove", call, row.pk)).status_code == 404


def test_conflict_pages_enter_read_and_lift(
    client: Client, call: Call, staff: User, application: Application
) -> None:
    expert = ReviewerFactory.create(call=call)
    data = {"reviewer": expert.pk, "application": application.pk, "kind": "hard", "note": "元の上司"}
    assert client.post(where("conflict_enter", call), {**data, "note": ""}).status_code == 422
    assert client.post(where("conflict_enter", call), data).status_code == 302
    assert client.post(where("conflict_enter", call), data).status_code == 409
    assert "元の上司" in text(client.get(where("conflicts", call)))
    lift = where("conflict_lift", call, expert.pk, application.pk)
    assert client.post(lift, {"reason": " "}).status_code == 422
    assert client.post(lift, {"reason": "別の人でした"}).status_code == 302
    assert "別の人でした" in text(client.get(where("conflicts", call)))
    assert client.get(lift).status_code == 404


def test_conflict_found_a_moment_ago_can_be_lifted(
    client: Client, call: Call, staff: User, application: Application
) -> None:
    expert = ReviewerFactory.create(call=call)
    MembershipFactory.create(organization=application.organization, user=expert.user)
    assert not ReviewConflict.objects.exists()
    assert "新しい1件を読みました" in text(client.get(where("conflicts", call)))
    lift = where("conflict_lift", call, expert.pk, application.pk)
    assert client.post(lift, {"reason": "名前だけの登録"}).status_code == 302
    assert ReviewConflict.objects.get().lifted_by == staff
    assert client.get(lift).status_code == 404


def test_conflict_waits_in_the_work_queue_until_it_is_read(
    client: Client, call: Call, staff: User, application: Application
) -> None:
    given = ReviewAssignmentFactory.create(application=application, declared_at=None)
    ReviewConflict.objects.create(
        reviewer=given.reviewer, application=application, kind="soft", source="declared", ground="words"
    )
    assert "新しい利益相反1件" in text(client.get("/admin/"))
    for until in ("", "yesterday", "9999-12-31T00:00:00+00:00", "2026-01-01"):
        assert client.post(where("conflicts_read", call), {"until": until}).status_code == 302
    assert "新しい利益相反" not in text(client.get("/admin/"))


def _many(call: Call, number: int) -> None:
    for n in range(number):
        company = OrganizationFactory.create(name=f"会社の{n}番")
        row = SubmittedFactory.create(call=call, organization=company, org_name=company.name)
        given = ReviewAssignmentFactory.create(application=row)
        MembershipFactory.create(organization=company, user=given.reviewer.user)
        ReviewerTie.objects.create(reviewer=given.reviewer, kind="other", organization_name="どこか")


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("name", "most"), [("panel", PANEL_QUERIES), ("conflicts", CONFLICT_QUERIES)])
def test_panel_lists_ask_no_more_for_more_rows(
    client: Client, call: Call, staff: User, name: str, most: int, number: int
) -> None:
    _many(call, number)
    client.get(where(name, call))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(where(name, call)).status_code == 200
    assert len(queries) == most


# Reviewers


@pytest.fixture
def given(application: Application) -> ReviewAssignment:
    expert = ReviewerFactory.create(call=application.call, ties_stated_at=None)
    row: ReviewAssignment = ReviewAssignmentFactory.create(
        application=application, reviewer=expert, declared_at=None
    )
    return row


def expert_of(given: ReviewAssignment) -> User:
    user = given.reviewer.user
    assert user is not None
    return user


def own(name: str, given: ReviewAssignment) -> str:
    return reverse(f"admin:review-{name}", args=[given.reviewer.call.code])


def test_panel_ties_come_before_everything(client: Client, given: ReviewAssignment) -> None:
    client.force_login(expert_of(given))
    assert client.get(own("declare", given))["Location"] == own("ties", given)
    assert own("ties", given) in text(client.get("/admin/review/"))
    assert client.get("/admin/review/ties/")["Location"] == own("ties", given)
    employer = {"kind": "employer", "organization_name": "どこかの会社"}
    for wrong in (
        rows(),
        rows(employer, none="on"),
        rows({"kind": "employer"}),
        rows({"organization_name": "社"}),
        rows({**employer, "corporate_number": "123"}),
        rows({**employer, "domain": "gmail.com"}),
        rows({**employer, "domain": "x"}),
        rows({**employer, "since": "2026-02-01", "until": "2026-01-01"}),
        {"none": "on"},
    ):
        assert client.post(own("ties", given), wrong).status_code == 422, wrong
    assert client.post(own("ties", given), rows(employer, {}))["Location"] == own("declare", given)
    assert "どこかの会社" in text(client.get(own("ties", given)))
    more = client.post(own("ties", given), rows(none="on", more="1"))
    assert more["Location"] == own("ties", given)
    assert not ReviewerTie.objects.exists()


def test_panel_declaring_shows_title_and_themes_and_no_applicant(
    client: Client, given: ReviewAssignment
) -> None:
    client.force_login(expert_of(given))
    client.post(own("ties", given), rows(none="on"))
    page = text(client.get(own("declare", given)))
    assert given.application.code in page
    assert "水位計" in page
    assert "かわせみ計測" not in page
    key = given.application.code
    assert client.post(own("declare", given), {})["Location"] == own("declare", given)
    assert client.post(own("declare", given), {f"{key}-kind": "soft"}).status_code == 422
    assert client.post(own("declare", given), {f"{key}-kind": "perhaps"}).status_code == 422
    said = {f"{key}-kind": "soft", f"{key}-note": "同じ学会です"}
    assert client.post(own("declare", given), said)["Location"] == "/admin/review/"
    assert client.get(f"/admin/review/{key}/").status_code == 200
    assert client.get(own("declare", given)).status_code == 200


def test_panel_a_tie_to_the_applicant_hides_it_without_a_word(
    client: Client, given: ReviewAssignment
) -> None:
    client.force_login(expert_of(given))
    tie = {"kind": "family", "organization_name": "かわせみ計測㈱"}
    assert client.post(own("ties", given), rows(tie))["Location"] == "/admin/review/"
    assert given.application.code not in text(client.get("/admin/review/"))
    assert client.get(f"/admin/review/{given.application.code}/").status_code == 404


def test_panel_leaving_ends_the_pages(client: Client, given: ReviewAssignment) -> None:
    client.force_login(expert_of(given))
    assert client.get(own("leave", given)).status_code == 200
    assert client.post(own("leave", given)).status_code == 302
    assert client.get(own("ties", given)).status_code == 404


def test_panel_of_several_calls_is_chosen(client: Client, given: ReviewAssignment) -> None:
    ReviewerFactory.create(call=review_call(code="2025"), user=given.reviewer.user)
    client.force_login(expert_of(given))
    page = text(client.get("/admin/review/ties/"))
    assert own("ties", given) in page
    assert "/2025/ties/" in page
