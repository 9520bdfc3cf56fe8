"""Joint applicants: the link, who may do what, and who gets which mail."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.calls.domain import (
    application_accept,
    application_choose_organization,
    application_submit,
    application_withdraw,
)
from apps.calls.domain.copying import application_copy
from apps.calls.domain.joint import (
    JOINT_STEPS,
    joint_confirm,
    joint_decline,
    joint_invite,
    joint_leave,
    joint_remove,
    joint_resend,
)
from apps.calls.domain.publishing import decisions_take_back
from apps.calls.enums import JointState
from apps.calls.models import Application, JointApplicant
from apps.calls.permissions import may_lead, may_write, shares
from apps.calls.selectors.applications import access_application, applications_of, organization_applications
from apps.calls.selectors.joint import access_joint_link, joint_rows, recipients_of
from apps.calls.selectors.staff import decision_mail_of
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from apps.organizations.enums import Role
from apps.organizations.models import Membership, Organization
from apps.outbox.domain import batch_release
from apps.outbox.enums import MessageState
from apps.outbox.models import Message
from apps.trials.models import Participant
from tests.calls.conftest import PLEDGES
from tests.cast import Cast
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.deciding import final
from tests.factories.joint import ConfirmedFactory, JointFactory
from tests.factories.organizations import MembershipFactory
from tests.factories.people import UserFactory

NEW = {"kind": "research", "name": "見本大学", "name_kana": "", "corporate_number": ""}
TOKEN = "t" * 43


@pytest.fixture
def partner(db: None) -> User:
    user: User = UserFactory.create(email="partner@example.jp", name="川口 澄")
    return user


def invite(application: Application, actor: User, **changes: Any) -> JointApplicant:
    values: dict[str, Any] = {"org_name": "見本大学", "email": "partner@example.jp", **changes}
    return joint_invite(application=application, actor=actor, **values)


def token_in(mail: Message) -> str:
    found = re.search(r"/joint/([\w-]+)/", mail.body)
    assert found, mail.body
    return found.group(1)


def confirmed(application: Application, user: User, **values: Any) -> JointApplicant:
    row: JointApplicant = ConfirmedFactory.create(application=application, user=user, **values)
    return row


# Inviting


def test_inviting_mails_the_link_at_once_and_keeps_only_its_hash(draft: Application, cast: Cast) -> None:
    joint = invite(draft, cast.owner, email=" Partner@Example.jp ")
    mail = Message.objects.get(template="calls-joint-invite")
    assert (mail.to_email, mail.state) == ("partner@example.jp", MessageState.QUEUED)
    token = token_in(mail)
    assert token not in (joint.token_hash, mail.subject)
    assert access_joint_link(token=token) == joint
    assert draft.title in mail.body
    assert draft.plan not in mail.body


def test_english_invitation_leads_to_the_english_page(draft: Application, cast: Cast) -> None:
    invite(draft, cast.owner, language="en")
    mail = Message.objects.get(template="calls-joint-invite")
    assert "/en/joint/" in mail.body
    assert "asks 見本大学 to take part" in mail.body


@pytest.mark.parametrize("person", ["reader", "stranger", "reviewer", "staff"])
def test_only_the_lead_invites(draft: Application, cast: Cast, person: str) -> None:
    draft.organization = cast.organization
    draft.save()
    with pytest.raises(NotAllowed):
        invite(draft, getattr(cast, person))
    assert not Message.objects.filter(template="calls-joint-invite").exists()


def test_a_partner_does_not_invite_resend_or_remove(draft: Application, cast: Cast, partner: User) -> None:
    confirmed(draft, partner)
    other = JointFactory.create(application=draft)
    with pytest.raises(NotAllowed):
        invite(draft, partner, email="more@example.jp")
    with pytest.raises(NotAllowed):
        joint_resend(joint=other, actor=partner)
    with pytest.raises(NotAllowed):
        joint_remove(joint=other, actor=partner)


@pytest.mark.parametrize("email", ["owner@example.jp", "OWNER@example.jp"])
def test_the_own_address_is_refused(draft: Application, cast: Cast, email: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        invite(draft, cast.owner, email=email)
    assert list(refused.value.fields) == ["email"]


def test_an_address_is_invited_once_and_again_after_it_was_removed(draft: Application, cast: Cast) -> None:
    first = invite(draft, cast.owner)
    with pytest.raises(InvalidInput):
        invite(draft, cast.owner)
    joint_remove(joint=first, actor=cast.owner)
    assert invite(draft, cast.owner).pk != first.pk


def test_ten_at_most(draft: Application, cast: Cast) -> None:
    JointFactory.create_batch(10, application=draft)
    with pytest.raises(Conflict) as refused:
        invite(draft, cast.owner)
    assert refused.value.code == "full"


def test_links_to_one_address_are_limited(cast: Cast) -> None:
    rows = [SubmittedFactory.create(created_by=cast.owner) for _ in range(6)]
    for row in rows[:5]:
        invite(row, cast.owner)
    with pytest.raises(Conflict) as refused:
        invite(rows[5], cast.owner)
    assert refused.value.code == "rate_limited"
    assert Message.objects.filter(to_email="partner@example.jp").count() == 5


def test_nobody_is_invited_after_the_deadline(draft: Application, cast: Cast) -> None:
    with pytest.raises(Conflict) as refused:
        joint_invite(
            application=draft,
            actor=cast.owner,
            org_name="x",
            email="p@example.jp",
            now=draft.call.last_moment,
        )
    assert refused.value.code == "closed"


def test_a_secret_decision_changes_nothing_for_partners(cast: Cast) -> None:
    row = SubmittedFactory.create(created_by=cast.owner, organization=cast.organization)
    final(row, cast.staff, "decline")
    assert invite(row, cast.owner).state == JointState.INVITED


# The link


def test_unknown_expired_removed_and_used_links_are_the_same(draft: Application, cast: Cast) -> None:
    JointFactory.create(application=draft, token="expired", expires_at=clock.now())
    JointFactory.create(application=draft, token="removed", removed_at=clock.now())
    JointFactory.create(application=draft, token="declined", state=JointState.DECLINED)
    confirmed(draft, cast.stranger, token="used")
    JointFactory.create(
        application=SubmittedFactory.create(state="withdrawn"), token="withdrawn", email="x@example.jp"
    )
    words = set()
    for token in ("unknown", "expired", "removed", "declined", "used", "withdrawn", "", "\ud800"):
        with pytest.raises(NotFound) as refused:
            access_joint_link(token=token, actor=cast.reader)
        words.add(refused.value.message)
        with pytest.raises(NotFound):
            joint_confirm(token=token, actor=cast.reader, new=NEW)
        with pytest.raises(NotFound):
            joint_decline(token=token)
    assert len(words) == 1


def test_confirming_makes_the_typed_organization_and_shares_the_draft(
    draft: Application, cast: Cast, partner: User
) -> None:
    JointFactory.create(application=draft, token=TOKEN, email=partner.email)
    joint = joint_confirm(token=TOKEN, actor=partner, new=NEW)
    assert joint.organization is not None
    assert (joint.state, joint.user, joint.organization.name) == ("confirmed", partner, "見本大学")
    assert Membership.objects.get(user=partner).role == Role.OWNER
    assert may_write(partner, draft)
    assert not may_lead(partner, draft)
    assert list(applications_of(partner)) == [draft]
    assert access_application(actor=partner, code=draft.code, write=True) == draft
    mail = Message.objects.get(template="calls-joint-confirmed")
    assert mail.to_email == "owner@example.jp"
    assert "partner@example.jp" in mail.body
    assert not Message.objects.filter(template="calls-joint-forwarded").exists()


def test_confirming_twice_confirms_once(draft: Application, partner: User) -> None:
    JointFactory.create(application=draft, token=TOKEN)
    first = joint_confirm(token=TOKEN, actor=partner, new=NEW)
    again = joint_confirm(token=TOKEN, actor=partner, new=NEW)
    assert (again, Organization.objects.filter(name="見本大学").count()) == (first, 1)
    assert Message.objects.filter(template="calls-joint-confirmed").count() == 1


def test_a_forwarded_link_is_told_to_the_address_that_got_it(
    draft: Application, cast: Cast, partner: User
) -> None:
    JointFactory.create(application=draft, token=TOKEN, email="kyoju@example.jp")
    joint_confirm(token=TOKEN, actor=partner, new=NEW)
    mail = Message.objects.get(template="calls-joint-forwarded")
    assert mail.to_email == "kyoju@example.jp"
    assert "partner@example.jp" in mail.body


def test_a_known_corporate_number_reveals_and_joins_nothing(draft: Application, partner: User) -> None:
    known = Organization.objects.create(
        kind="corporation", name="知られた会社", corporate_number="4011001098993"
    )
    JointFactory.create(application=draft, token=TOKEN)
    new = {**NEW, "kind": "corporation", "corporate_number": "4011001098993"}
    joint = joint_confirm(token=TOKEN, actor=partner, new=new)
    assert joint.organization != known
    assert not known.memberships.exists()


def test_one_takes_part_only_for_an_organization_of_one_s_own(
    draft: Application, cast: Cast, partner: User
) -> None:
    JointFactory.create(application=draft, token=TOKEN)
    with pytest.raises(NotAllowed):
        joint_confirm(token=TOKEN, actor=partner, organization=cast.other)
    joint = joint_confirm(token=TOKEN, actor=cast.stranger, organization=cast.other)
    assert joint.org_name == cast.other.name


def test_the_lead_and_its_organization_cannot_be_their_own_partner(
    draft: Application, cast: Cast, partner: User
) -> None:
    JointFactory.create(application=draft, token=TOKEN)
    with pytest.raises(Conflict):
        joint_confirm(token=TOKEN, actor=cast.owner, new=NEW)
    draft.organization = cast.other
    draft.save()
    with pytest.raises(Conflict):
        joint_confirm(token=TOKEN, actor=cast.stranger, organization=cast.other)


def test_declining_needs_no_account_and_is_told(draft: Application, cast: Cast) -> None:
    JointFactory.create(application=draft, token=TOKEN)
    joint = joint_decline(token=TOKEN)
    assert joint.state == JointState.DECLINED
    assert Message.objects.get(template="calls-joint-declined").to_email == "owner@example.jp"
    with pytest.raises(NotFound):
        joint_decline(token=TOKEN)


def test_a_new_link_kills_the_old_one(draft: Application, cast: Cast) -> None:
    joint = JointFactory.create(application=draft, token=TOKEN)
    joint_resend(joint=joint, actor=cast.owner)
    with pytest.raises(NotFound):
        access_joint_link(token=TOKEN)
    assert access_joint_link(token=token_in(Message.objects.get())) == joint


def test_who_declined_can_be_asked_again_who_confirmed_cannot(
    draft: Application, cast: Cast, partner: User
) -> None:
    declined = JointFactory.create(application=draft, state=JointState.DECLINED)
    assert joint_resend(joint=declined, actor=cast.owner).state == JointState.INVITED
    with pytest.raises(Conflict):
        joint_resend(joint=confirmed(draft, partner), actor=cast.owner)


def test_every_step_of_the_table_is_recorded_under_its_name() -> None:
    assert set(JOINT_STEPS.values()) == {"joint.resend", "joint.confirm", "joint.decline", "joint.leave"}


# Access


def test_colleagues_get_access_as_far_as_they_answer_for_the_organization(
    draft: Application, cast: Cast, partner: User
) -> None:
    organization = Organization.objects.create(kind="research", name="見本大学")
    confirmed(draft, partner, organization=organization)
    people = {role: UserFactory.create() for role in Role.values}
    for role, person in people.items():
        MembershipFactory.create(organization=organization, user=person, role=role)
    assert {role: shares(person, draft) for role, person in people.items()} == {
        "owner": True,
        "manager": True,
        "engineer": False,
        "viewer": False,
    }
    seen = {role for role, person in people.items() if draft in Application.objects.visible_to(person)}
    assert seen == {"owner", "manager"}


@pytest.mark.parametrize("state", [JointState.INVITED, JointState.DECLINED])
def test_without_a_yes_nothing_is_shared(draft: Application, partner: User, state: str) -> None:
    confirmed(draft, partner, state=state)
    assert not may_write(partner, draft)
    assert draft not in Application.objects.visible_to(partner)


def test_removing_ends_access_at_once_and_tells_who_had_confirmed(
    draft: Application, cast: Cast, partner: User
) -> None:
    joint = confirmed(draft, partner)
    joint_remove(joint=joint, actor=cast.owner)
    assert not may_write(partner, draft)
    with pytest.raises(NotFound):
        access_application(actor=partner, code=draft.code)
    assert Message.objects.get(template="calls-joint-removed").to_email == "partner@example.jp"
    with pytest.raises(NotFound):
        joint_remove(joint=joint, actor=cast.owner)


def test_a_partner_leaves_and_nobody_else_does_it_for_them(
    draft: Application, cast: Cast, partner: User
) -> None:
    joint = confirmed(draft, partner)
    with pytest.raises(NotAllowed):
        joint_leave(joint=joint, actor=cast.owner)
    joint_leave(joint=joint, actor=partner)
    assert not may_write(partner, draft)
    assert joint_rows(draft)[0].joint.state == JointState.DECLINED


def test_an_application_is_shared_once_for_who_is_in_it_twice(
    draft: Application, cast: Cast, partner: User
) -> None:
    draft.organization = cast.organization
    draft.save()
    confirmed(draft, cast.owner, organization=cast.organization)
    confirmed(draft, cast.colleague, organization=cast.organization)
    assert list(applications_of(cast.owner)) == [draft]


def test_the_lead_hands_in_and_the_partner_does_not(draft: Application, cast: Cast, partner: User) -> None:
    joint = confirmed(draft, partner)
    with pytest.raises(NotAllowed):
        application_submit(application=draft, actor=partner, pledges=PLEDGES)
    with pytest.raises(NotAllowed):
        application_choose_organization(application=draft, actor=partner, organization=joint.organization)
    draft.refresh_from_db()
    assert (draft.state, draft.organization) == ("draft", None)


def test_the_partner_neither_takes_back_nor_answers(cast: Cast, partner: User) -> None:
    row = SubmittedFactory.create(created_by=cast.owner, organization=cast.organization)
    confirmed(row, partner)
    with pytest.raises(NotAllowed):
        application_withdraw(application=row, actor=partner)
    row = adopted(row, cast)
    with pytest.raises(NotAllowed):
        application_accept(application=row, actor=partner)


def test_a_partner_does_not_begin_with_the_lead_s_answers(cast: Cast, partner: User) -> None:
    row = SubmittedFactory.create(created_by=cast.owner, organization=cast.organization)
    confirmed(row, partner)
    with pytest.raises(NotAllowed):
        application_copy(source=row, call=CallFactory.create(), actor=partner)


def adopted(row: Application, cast: Cast) -> Application:
    final(row, cast.staff)
    batch_release(batch=f"decision-{row.call.code}", actor=cast.staff)
    row.refresh_from_db()
    return row


def test_a_partner_s_organization_shows_the_application_in_its_workspace(
    draft: Application, cast: Cast, partner: User
) -> None:
    confirmed(draft, cast.stranger, organization=cast.other)
    confirmed(draft, partner, organization=None)
    rows = organization_applications(actor=cast.stranger, organization=cast.other.pk)
    assert rows == [draft]
    MembershipFactory.create(organization=cast.other, user=cast.reader, role=Role.ENGINEER)
    assert organization_applications(actor=cast.reader, organization=cast.other.pk) == []


# Mails


def test_receipts_go_to_the_lead_and_to_each_confirmed_partner(
    draft: Application, cast: Cast, partner: User
) -> None:
    confirmed(draft, partner)
    JointFactory.create(application=draft)
    application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    receipts = Message.objects.filter(template="calls-receipt")
    assert sorted(mail.to_email for mail in receipts) == ["haru@example.jp", "partner@example.jp"]
    own = receipts.get(to_email="partner@example.jp")
    assert "見本大学 水の研究室" in own.body
    kept = draft.revisions.get().answers["joint"]
    assert [row["state"] for row in kept] == ["confirmed", "invited"]


def test_an_address_gets_one_mail_though_it_stands_there_twice(draft: Application) -> None:
    confirmed(draft, UserFactory.create(email="Haru@example.jp"))
    assert [to.email for to in recipients_of(draft)] == ["haru@example.jp"]


@pytest.fixture
def decided(cast: Cast) -> Application:
    call = CallFactory.create(code="2026")
    row: Application = SubmittedFactory.create(
        call=call, created_by=cast.owner, organization=cast.organization
    )
    return row


def held() -> list[str]:
    return sorted(Message.objects.filter(state=MessageState.HELD).values_list("to_email", flat=True))


def test_the_decision_of_one_application_is_a_mail_for_each(
    decided: Application, cast: Cast, partner: User
) -> None:
    confirmed(decided, partner)
    final(decided, cast.staff)
    assert held() == ["haru@example.jp", "partner@example.jp"]
    assert batch_release(batch="decision-2026", actor=cast.staff, expected=2) == 2
    decided.refresh_from_db()
    assert decided.decision_is_told


def test_staff_see_the_lead_s_mail_beside_the_decision(
    decided: Application, cast: Cast, partner: User
) -> None:
    confirmed(decided, partner)
    row = final(decided, cast.staff)
    mail = decision_mail_of(row, "decision-2026")
    assert mail is not None
    assert mail.to_email == "haru@example.jp"


def test_deciding_anew_replaces_the_mails_of_all(decided: Application, cast: Cast, partner: User) -> None:
    confirmed(decided, partner)
    row = final(decided, cast.staff)
    decisions_take_back(call=row.call, versions={row.pk: row.decision.version}, actor=cast.staff)
    assert held() == []
    final(row, cast.staff, "decline")
    assert held() == ["haru@example.jp", "partner@example.jp"]
    templates = Message.objects.filter(state=MessageState.HELD).values_list("template", flat=True)
    assert set(templates) == {"calls-decision-declined"}


def test_held_mails_follow_who_takes_part(decided: Application, cast: Cast, partner: User) -> None:
    JointFactory.create(application=decided, token=TOKEN)
    final(decided, cast.staff)
    assert held() == ["haru@example.jp"]
    joint = joint_confirm(token=TOKEN, actor=partner, new=NEW)
    assert held() == ["haru@example.jp", "partner@example.jp"]
    joint_leave(joint=joint, actor=partner)
    assert held() == ["haru@example.jp"]
    again = joint_resend(joint=joint, actor=cast.owner)
    token = token_in(Message.objects.filter(template="calls-joint-invite").latest("created_at"))
    joint_confirm(token=token, actor=partner, new={**NEW, "name": "見本大学 二"})
    assert held() == ["haru@example.jp", "partner@example.jp"]
    joint_remove(joint=again, actor=cast.owner)
    assert held() == ["haru@example.jp"]
    assert batch_release(batch="decision-2026", actor=cast.staff, expected=1) == 1


def test_after_the_result_nobody_comes_or_goes(decided: Application, cast: Cast, partner: User) -> None:
    joint = confirmed(decided, partner)
    JointFactory.create(application=decided, token=TOKEN)
    adopted(decided, cast)
    with pytest.raises(Conflict):
        joint_remove(joint=joint, actor=cast.owner)
    with pytest.raises(Conflict):
        joint_leave(joint=joint, actor=partner)
    with pytest.raises(NotFound):
        joint_confirm(token=TOKEN, actor=cast.stranger, new=NEW)


# The trial


def test_confirmed_partners_take_part_in_the_trial(decided: Application, cast: Cast, partner: User) -> None:
    university = Organization.objects.create(kind="research", name="見本大学")
    confirmed(decided, partner, organization=university)
    confirmed(decided, UserFactory.create(), organization=university)
    confirmed(decided, UserFactory.create(), organization=cast.organization)
    confirmed(decided, UserFactory.create(), organization=cast.other, removed_at=clock.now())
    JointFactory.create(application=decided, organization=cast.other)
    row = adopted(decided, cast)
    application_accept(application=row, actor=cast.owner)
    rows = Participant.objects.filter(trial__application=row)
    assert sorted(rows.values_list("organization__name", "role", "access")) == [
        (cast.organization.name, "lead", "manage"),
        ("見本大学", "partner", "manage"),
    ]


def test_an_invitation_expires_after_thirty_days(draft: Application, cast: Cast) -> None:
    joint = invite(draft, cast.owner)
    token = token_in(Message.objects.get())
    assert access_joint_link(token=token, now=joint.expires_at - timedelta(seconds=1)) == joint
    with pytest.raises(NotFound):
        access_joint_link(token=token, now=joint.expires_at)
    assert joint_rows(draft, now=joint.expires_at)[0].expired
