"""Staff plan phases, give applications to reviewers and see how far they are, page by page."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.calls.models import Call, ReviewAssignment, ReviewPhase
from apps.calls.selectors.conflicts import conflicts_of_call
from apps.core import clock, site
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.calls import CallFactory
from tests.factories.people import UserFactory
from tests.factories.review import (
    ReviewAssignmentFactory,
    ReviewerFactory,
    ReviewFactory,
    ReviewPhaseFactory,
    review_call,
    submitted,
)


@pytest.fixture
def staff(client: Client, cast: Cast) -> Client:
    client.force_login(cast.staff)
    return client


@pytest.fixture
def call(cast: Cast) -> Call:
    return review_call()


def at(name: str, call: Call, *more: Any) -> str:
    return reverse(f"admin:calls_call_{name}", args=[call.pk, *more])


def text(response: Any) -> str:
    return unescape(response.content.decode())


def hidden(response: Any, name: str) -> list[str]:
    return re.findall(rf'type="hidden" name="{name}" value="([^"]*)"', response.content.decode())


def given() -> int:
    return ReviewAssignment.objects.present().count()


DATES = {
    "name": "採点",
    "starts_at": "2027-05-01T09:00",
    "ends_at": "2027-05-20T17:00",
    "see_scores": "never",
}


def test_a_pair_is_offered_and_planned_without_a_mail(staff: Client) -> None:
    call = CallFactory.create()
    page = staff.get(at("phases", call))
    assert "目隠し" in text(page)
    assert not ReviewPhase.objects.exists()
    for _again in range(2):
        staff.post(at("phases_propose", call))
    assert call.review_phases.count() == 2
    shown = text(staff.get(at("phases", call)))
    assert "応募者の名前は" in shown
    assert not Message.objects.exists()


def test_a_phase_is_added_changed_and_taken_away(staff: Client, call: Call) -> None:
    assert staff.post(at("phase_new", call), DATES).status_code == 302
    row = call.review_phases.get(starts_at__year=2027)
    assert (row.may_score, row.hide_applicant) == (False, False)
    page = staff.get(at("phase", call, row.pk))
    assert 'value="2027-05-01T09:00"' in page.content.decode()
    overlap = staff.post(at("phase_new", call), DATES)
    assert overlap.status_code == 422
    assert "「採点」" in text(overlap)
    data = {**DATES, "seen": hidden(page, "seen")[0], "name": "合議"}
    assert staff.post(at("phase", call, row.pk), data).status_code == 302
    late = staff.post(at("phase", call, row.pk), {**data, "name": "後から"})
    assert late.status_code == 409
    assert "後から" in text(late)
    staff.post(at("phase_remove", call, row.pk))
    assert call.review_phases.count() == 1


def test_shortening_a_phase_under_way_asks_with_what_it_does(staff: Client, call: Call) -> None:
    row = call.review_phases.get()
    ReviewAssignmentFactory.create(application__call=call)
    page = staff.get(at("phase", call, row.pk))
    sooner = (row.ends_at - timedelta(days=5)).astimezone(clock.TOKYO)
    data = {
        "name": row.name,
        "starts_at": row.starts_at.astimezone(clock.TOKYO).strftime("%Y-%m-%dT%H:%M"),
        "ends_at": sooner.strftime("%Y-%m-%dT%H:%M"),
        "see_scores": "never",
        "may_score": "on",
        "hide_applicant": "on",
        "seen": hidden(page, "seen")[0],
    }
    asked = staff.post(at("phase", call, row.pk), data)
    assert asked.status_code == 409
    assert "1件" in text(asked)
    assert 'name="confirmed"' in asked.content.decode()
    assert staff.post(at("phase", call, row.pk), {**data, "confirmed": "on"}).status_code == 302
    row.refresh_from_db()
    assert row.ends_at < clock.now() + timedelta(days=5)


@pytest.mark.parametrize("data", [{}, {"name": "\0"}, {**DATES, "starts_at": "x"}, {**DATES, "seen": "1"}])
def test_odd_phases_are_refused_with_words(staff: Client, call: Call, data: dict[str, str]) -> None:
    row = call.review_phases.get()
    assert staff.post(at("phase_new", call), data).status_code in (302, 422)
    assert staff.post(at("phase", call, row.pk), data).status_code in (302, 409, 422)


def test_ticks_do_only_what_was_ticked_since_the_page_was_shown(staff: Client, call: Call) -> None:
    one, other = ReviewerFactory.create_batch(2, call=call)
    row = submitted(call)
    page = staff.get(at("assign", call))
    was = hidden(page, "was")[0]
    assert was == ""
    # Meanwhile somebody else gives the same application to the other reviewer.
    ReviewAssignmentFactory.create(reviewer=other, application=row)
    staff.post(at("assign", call), {"was": was, "pair": f"{one.pk}:{row.pk}"})
    assert given() == 2
    page = staff.get(at("assign", call))
    kept = hidden(page, "was")[0]
    assert len(kept.split()) == 2
    staff.post(at("assign", call), {"was": kept, "pair": f"{one.pk}:{row.pk}"})
    assert given() == 1
    assert not Message.objects.exists()


def test_taking_a_review_away_asks_first(staff: Client, call: Call) -> None:
    row = ReviewAssignmentFactory.create(application=submitted(call))
    review = ReviewFactory.create(assignment=row)
    was = hidden(staff.get(at("assign", call)), "was")[0]
    asked = staff.post(at("assign", call) + "?only=short", {"was": was})
    assert asked.status_code == 409
    assert row.reviewer.name in text(asked)
    assert given() == 1
    again = {"was": hidden(asked, "was")[0], "confirmed": "1", "reason": "交代"}
    done = staff.post(at("assign", call) + "?only=short", again)
    assert done.url.endswith("?only=short")
    assert given() == 0
    review.refresh_from_db()


def test_a_conflict_has_no_box_and_filters_find(staff: Client, call: Call, cast: Cast) -> None:
    free = ReviewerFactory.create(call=call, name="花村", themes=["river"])
    ReviewerFactory.create(call=call, name="社員", user=cast.colleague)
    own = submitted(call, organization=cast.organization, created_by=cast.owner, title="自社の用水路")
    other = submitted(call, org_name="ほか", corporate_number="", title="よその畑", themes=["river"])
    page = staff.get(at("assign", call))
    assert len(re.findall('name="pair"', page.content.decode())) == 3
    assert "利益相反" in text(page)
    assert "よその畑" not in text(staff.get(at("assign", call), {"q": "用水路"}))
    assert own.code not in text(staff.get(at("assign", call), {"theme": "river"}))
    ReviewAssignmentFactory.create(reviewer=free, application=other)
    assert own.code not in text(staff.get(at("assign", call), {"reviewer": str(free.pk)}))
    assert other.code not in text(staff.get(at("assign", call), {"only": "none"}))
    assert staff.get(at("assign", call), {"reviewer": "x", "page": "9", "theme": "\0"}).status_code == 200


@pytest.mark.parametrize("data", [{"pair": "x"}, {"was": "a:b c"}, {"pair": "\0:\0", "confirmed": "1"}])
def test_odd_ticks_change_nothing(staff: Client, call: Call, data: dict[str, str]) -> None:
    ReviewAssignmentFactory.create(application=submitted(call))
    assert staff.post(at("assign", call), data).status_code == 302
    assert given() == 1


def test_an_even_distribution_is_seen_first(staff: Client, call: Call) -> None:
    ReviewerFactory.create_batch(3, call=call, load_limit=2)
    for n in range(3):
        submitted(call, org_name=f"会社{n}", corporate_number="")
    page = staff.get(at("assign_evenly", call))
    assert "3件の応募が足りないまま" in text(page)
    assert given() == 0
    data = {name: hidden(page, name)[0] for name in ("wanted", "fingerprint")}
    stale = staff.post(at("assign_evenly", call), {**data, "wanted": "2"})
    assert stale.status_code == 409
    assert staff.post(at("assign_evenly", call), data).status_code == 302
    assert given() == 6
    assert staff.get(at("assign_evenly", call), {"wanted": "x"}).status_code == 200
    assert staff.post(at("assign_evenly", call), {"wanted": "99"}).status_code == 422


@pytest.mark.parametrize(("name", "sent"), [("review_tell", "お願い"), ("review_remind", "残って")])
def test_mails_are_seen_counted_and_sent_once(staff: Client, call: Call, name: str, sent: str) -> None:
    row = ReviewAssignmentFactory.create(application=submitted(call))
    english = ReviewerFactory.create(call=call, language="en")
    ReviewAssignmentFactory.create(application=row.application, reviewer=english)
    page = staff.get(at(name, call))
    assert "メール2通" in text(page)
    assert sent in text(page)
    assert "Thank you for reviewing" in text(page)
    assert not Message.objects.exists()
    data = {"reviewer": hidden(page, "reviewer")}
    assert staff.post(at(name, call), data).status_code == 302
    assert staff.post(at(name, call), data).status_code == 409
    assert Message.objects.count() == 2


def test_progress_shows_numbers_and_no_score(staff: Client, call: Call) -> None:
    row = ReviewAssignmentFactory.create(application=submitted(call))
    ReviewFactory.create(assignment=row, scores=[1, 7], comment_city="甘い計画")
    call.review_phases.update(sealed=True)
    page = text(staff.get(at("review", call)))
    assert row.reviewer.name in page
    assert "1 / 1" in page
    assert "封印" in page
    assert "甘い計画" not in page


def test_every_page_stands_without_reviewers_phases_and_applications(staff: Client) -> None:
    call = CallFactory.create()
    for name in ("review", "phases", "phase_new", "assign", "assign_evenly", "review_tell", "review_remind"):
        assert staff.get(at(name, call)).status_code == 200


def test_staff_without_the_right_do_not_find_it(client: Client, call: Call) -> None:
    client.force_login(UserFactory.create(is_staff=True))
    for name in ("review", "phases", "assign"):
        assert client.get(at(name, call)).status_code == 404


#: Queries of a page itself, beside those of the work queue, which every page of the admin counts, and
#: those of the conflicts of interest, which all but the phases ask for.
QUERIES = {
    "review": 9,
    "phases": 4,
    "assign": 9,
    "assign_evenly": 7,
    "review_tell": 7,
    "review_remind": 7,
}


@pytest.mark.parametrize("count", [1, 3])
def test_the_pages_ask_the_same_number_of_queries(staff: Client, cast: Cast, call: Call, count: int) -> None:
    for n in range(count):
        row = submitted(call, org_name=f"会社{n}", corporate_number="")
        for _n in range(count):
            one = ReviewerFactory.create(call=call)
            ReviewFactory.create(
                assignment=ReviewAssignmentFactory.create(reviewer=one, application=row), handed_in_at=None
            )
        ReviewPhaseFactory.create(
            call=call,
            starts_at=clock.now() + timedelta(days=20 + n),
            ends_at=clock.now() + timedelta(days=21 + n),
        )
    with CaptureQueriesContext(connection) as conflicts:
        conflicts_of_call(call)
    found = {}
    for name in QUERIES:
        staff.get(at(name, call))
        # The city's settings are kept for seconds: they must not end in the midst of the count.
        site.forget()
        site.site_settings()
        with CaptureQueriesContext(connection) as asked:
            assert staff.get(at(name, call)).status_code == 200
        found[name] = len(asked) - (len(conflicts) if name != "phases" else 0)
    assert found == QUERIES
