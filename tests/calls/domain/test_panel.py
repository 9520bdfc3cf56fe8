"""The panel: inviting, answering, ending; who gets which mail."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.calls.domain.panel import (
    REVIEWER_STEPS,
    About,
    reviewer_accept,
    reviewer_change,
    reviewer_decline,
    reviewer_leave,
    reviewer_remove,
    reviewer_resend,
    reviewers_invite,
)
from apps.calls.enums import ReviewerState
from apps.calls.models import Application, Call, Reviewer
from apps.calls.rules.people import Invitee, people_of
from apps.calls.selectors.panel import reviewer_of
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from apps.outbox.models import Message
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.people import UserFactory
from tests.factories.review import ReviewerFactory

pytestmark = pytest.mark.django_db
HARU = Invitee("水野 はる", "haru@machi-u.ac.jp", "まち大学")


@pytest.fixture
def call() -> Call:
    return CallFactory.create()


@pytest.fixture
def staff() -> User:
    return UserFactory.create(is_staff=True)


def invite(call: Call, staff: User, *people: Invitee, **about: Any) -> Reviewer:
    reviewers_invite(call=call, actor=staff, people=people or [HARU], about=About(**about))
    return Reviewer.objects.present().get(email=(people or [HARU])[0].email)


def token(template: str = "calls-panel-invite") -> str:
    mail = Message.objects.filter(template=template).order_by("-created_at").first()
    assert mail is not None
    found = re.search(r"/panel/([\w-]{43})/", mail.body)
    assert found is not None
    return found[1]


def mails() -> list[tuple[str, str]]:
    rows = Message.objects.order_by("created_at").values_list("template", "to_email")
    return [(template.removeprefix("calls-panel-"), to) for template, to in rows]


def later(minutes: int = 5) -> Any:
    return clock.now() + timedelta(minutes=minutes)


def test_panel_each_gets_one_mail_in_the_language(call: Call, staff: User) -> None:
    people, _faults = people_of("水野 はる <haru@machi-u.ac.jp>\nPaul Lee <paul@lee.org> River Lab")
    reviewers_invite(
        call=call, actor=staff, people=people, about=About(affiliation="見本大学", language="en")
    )
    assert mails() == [("invite", "haru@machi-u.ac.jp"), ("invite", "paul@lee.org")]
    assert "/en/panel/" in Message.objects.all()[0].body
    kept = Reviewer.objects.order_by("email").values_list("affiliation", "language", "state")
    assert list(kept) == [("見本大学", "en", "invited"), ("River Lab", "en", "invited")]


def test_panel_no_mail_names_an_applicant(call: Call, staff: User) -> None:
    row: Application = SubmittedFactory.create(call=call)
    reviewer = invite(call, staff)
    reviewer_accept(token=token(), actor=UserFactory.create(email=HARU.email))
    reviewer_remove(reviewer=reviewer, actor=staff)
    for mail in Message.objects.all():
        for word in (row.org_name, row.contact_name, row.title, row.code):
            assert word not in mail.subject + mail.body


def test_panel_a_staff_account_is_refused_in_words_and_nobody_gets_a_mail(call: Call, staff: User) -> None:
    other = UserFactory.create(email="desk@city.lg.jp", is_staff=True)
    other.emailaddress_set.create(email="desk2@city.lg.jp")
    for address in ("desk@city.lg.jp", "desk2@city.lg.jp"):
        with pytest.raises(InvalidInput) as caught:
            invite(call, staff, HARU, Invitee("担当", address))
        assert address in caught.value.fields["people"][0]
    assert Message.objects.count() == Reviewer.objects.count() == 0


def test_panel_only_staff_invite(call: Call) -> None:
    with pytest.raises(NotAllowed):
        invite(call, UserFactory.create())


def test_panel_inviting_again_sends_a_new_link_and_ends_the_old(call: Call, staff: User) -> None:
    invite(call, staff)
    first = token()
    reviewers_invite(call=call, actor=staff, people=[HARU], about=About())
    assert len(mails()) == 1, "a second press within two minutes sends nothing"
    plan = reviewers_invite(call=call, actor=staff, people=[HARU], about=About(), now=later())
    assert [row.outcome for row in plan] == ["again"]
    assert len(mails()) == 2
    person = UserFactory.create(email=HARU.email)
    with pytest.raises(NotFound):
        reviewer_accept(token=first, actor=person)
    assert reviewer_accept(token=token(), actor=person).state == "accepted"
    plan = reviewers_invite(call=call, actor=staff, people=[HARU], about=About(), now=later(10))
    assert [row.outcome for row in plan] == ["accepted"]
    assert len(mails()) == 3, "the invitations and the answer"


def test_panel_accepting_joins_the_account_and_tells_who_invited(call: Call, staff: User) -> None:
    invite(call, staff)
    person = UserFactory.create(email=HARU.email)
    row = reviewer_accept(token=token(), actor=person)
    assert reviewer_of(person, call) == row
    person.refresh_from_db()
    assert person.is_reviewer
    assert row.ties_stated_at is None
    assert mails()[-1] == ("accepted", staff.email)
    assert reviewer_accept(token=token(), actor=person) == row
    assert len(mails()) == 2
    assert AuditEntry.objects.filter(action="reviewer.accept").count() == 1


def test_panel_a_proven_further_address_counts(call: Call, staff: User) -> None:
    invite(call, staff)
    person = UserFactory.create()
    with pytest.raises(NotAllowed) as caught:
        reviewer_accept(token=token(), actor=person)
    assert caught.value.code == "other_address"
    address = person.emailaddress_set.create(email=HARU.email, verified=False)
    with pytest.raises(NotAllowed):
        reviewer_accept(token=token(), actor=person)
    address.verified = True
    address.save()
    assert reviewer_accept(token=token(), actor=person).user == person


def test_panel_who_became_staff_cannot_accept(call: Call, staff: User) -> None:
    invite(call, staff)
    with pytest.raises(NotAllowed) as caught:
        reviewer_accept(token=token(), actor=UserFactory.create(email=HARU.email, is_staff=True))
    assert caught.value.code == "staff"


def test_panel_declining_needs_no_account_and_ends_the_link(call: Call, staff: User) -> None:
    invite(call, staff)
    reviewer_decline(token=token())
    assert mails()[-1] == ("declined", staff.email)
    with pytest.raises(NotFound):
        reviewer_accept(token=token(), actor=UserFactory.create(email=HARU.email))
    invite(call, staff)
    assert Reviewer.objects.get().state == "invited"


def test_panel_an_old_link_has_ended(call: Call, staff: User) -> None:
    invite(call, staff)
    person = UserFactory.create(email=HARU.email)
    with pytest.raises(NotFound):
        reviewer_accept(token=token(), actor=person, now=clock.now() + timedelta(days=31))


def test_panel_removing_acts_at_once_and_tells_who_had_accepted(call: Call, staff: User) -> None:
    row = ReviewerFactory.create(call=call)
    other = ReviewerFactory.create(user=row.user)
    reviewer_remove(reviewer=row, actor=staff)
    assert reviewer_of(row.user, call) is None
    assert mails() == [("removed", row.user.email)]
    assert User.objects.get(pk=row.user.pk).is_reviewer, "another call is left"
    reviewer_remove(reviewer=other, actor=staff)
    assert not User.objects.get(pk=row.user.pk).is_reviewer
    with pytest.raises(NotFound):
        reviewer_remove(reviewer=row, actor=staff)


def test_panel_removing_who_has_not_answered_sends_nothing(call: Call, staff: User) -> None:
    row = invite(call, staff)
    reviewer_remove(reviewer=row, actor=staff)
    assert mails() == [("invite", HARU.email)]
    with pytest.raises(NotFound):
        reviewer_decline(token=token())
    assert invite(call, staff).pk != row.pk


def test_panel_leaving_ends_the_part_and_may_be_asked_again(call: Call, staff: User) -> None:
    row = ReviewerFactory.create(call=call, invited_by=staff)
    with pytest.raises(NotAllowed):
        reviewer_leave(reviewer=row, actor=UserFactory.create())
    reviewer_leave(reviewer=row, actor=row.user)
    assert reviewer_of(row.user, call) is None
    assert mails() == [("left", staff.email)]
    assert reviewer_resend(reviewer=row, actor=staff).state == "invited"


def test_panel_a_new_link_is_not_for_who_reviews(call: Call, staff: User) -> None:
    with pytest.raises(Conflict):
        reviewer_resend(reviewer=ReviewerFactory.create(call=call), actor=staff)


def test_panel_one_person_reviews_a_call_once(call: Call, staff: User) -> None:
    held = ReviewerFactory.create(call=call)
    held.user.emailaddress_set.create(email=HARU.email, verified=True)
    invite(call, staff)
    with pytest.raises(Conflict) as caught:
        reviewer_accept(token=token(), actor=held.user)
    assert caught.value.code == "twice"


def test_panel_staff_correct_what_they_said(call: Call, staff: User) -> None:
    row = ReviewerFactory.create(call=call)
    reviewer_change(
        reviewer=row, actor=staff, name=" 水野  はる ", about=About("まち大学", "en", ["river"], 5)
    )
    row.refresh_from_db()
    kept = (row.name, row.affiliation, row.language, row.themes, row.load_limit)
    assert kept == ("水野 はる", "まち大学", "en", ["river"], 5)


def test_panel_every_step_is_in_the_table() -> None:
    assert {target for _source, target in REVIEWER_STEPS} == set(ReviewerState)
