"""Members, roles, invitations: what is done and what is refused."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from apps.organizations.domain import (
    contact_request,
    invitation_accept,
    invitation_revoke,
    invitation_send,
    membership_change_role,
    membership_remove,
    organization_change,
    organization_create,
)
from apps.organizations.models import Invitation, Membership, Organization
from apps.organizations.selectors import greeting
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.people import UserFactory

NUMBER = "7000012050002"


def of(cast: Cast, name: str) -> Membership:
    return Membership.objects.get(user=getattr(cast, name))


def invite(cast: Cast, email: str = "new@example.jp", role: str = "engineer") -> tuple[Invitation, str]:
    invitation = invitation_send(organization=cast.organization, actor=cast.owner, email=email, role=role)
    body = Message.objects.filter(to_email=email).latest("created_at").body
    return invitation, re.findall(r"/invitations/([\w-]+)/", body)[0]


def test_who_makes_an_organization_owns_it(cast: Cast) -> None:
    made = organization_create(actor=cast.stranger, kind="sole", name="ひとり")
    assert made.memberships.get().role == "owner"
    with pytest.raises(ValidationError):
        organization_create(actor=cast.stranger, kind="planet", name="")


def test_managers_change_the_name_and_others_do_not(cast: Cast) -> None:
    organization_change(organization=cast.organization, actor=cast.owner, name=" みずおと\u202e ", website="")
    cast.organization.refresh_from_db()
    assert cast.organization.name == "みずおと"
    for actor in (cast.colleague, cast.reader, cast.stranger, cast.staff):
        with pytest.raises(NotAllowed):
            organization_change(organization=cast.organization, actor=actor, name="x")
    with pytest.raises(ValidationError):
        organization_change(organization=cast.organization, actor=cast.owner, name="", website="javascript:x")


def test_an_invited_person_joins_once(cast: Cast) -> None:
    invitation, token = invite(cast)
    person = UserFactory.create(email="new@example.jp")
    assert token not in invitation.token_hash
    assert invitation_accept(token=token, actor=person).role == "engineer"
    assert "membership.join" in AuditEntry.objects.values_list("action", flat=True)
    with pytest.raises(Conflict):
        invitation_accept(token=token, actor=person)


def test_an_invitation_is_refused_to_others_late_cancelled_or_guessed(cast: Cast) -> None:
    invitation, token = invite(cast)
    person = UserFactory.create(email="new@example.jp")
    with pytest.raises(NotAllowed):
        invitation_accept(token=token, actor=cast.stranger)
    with pytest.raises(Conflict):
        invitation_accept(token=token, actor=person, now=clock.now() + timedelta(days=15))
    with pytest.raises(NotFound):
        invitation_accept(token="guessed", actor=person)
    invitation_revoke(invitation=invitation, actor=cast.owner)
    with pytest.raises(Conflict):
        invitation_accept(token=token, actor=person)
    assert not Membership.objects.filter(user=person).exists()


def test_a_second_invitation_replaces_the_first(cast: Cast) -> None:
    _first, old = invite(cast)
    _second, new = invite(cast, role="viewer")
    person = UserFactory.create(email="new@example.jp")
    with pytest.raises(Conflict):
        invitation_accept(token=old, actor=person)
    assert invitation_accept(token=new, actor=person).role == "viewer"


@pytest.mark.parametrize("name", ["colleague", "reader", "stranger", "staff"])
def test_who_does_not_manage_invites_nobody(name: str, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        invitation_send(
            organization=cast.organization, actor=getattr(cast, name), email="a@example.jp", role="viewer"
        )
    assert not Message.objects.exists()


def test_managers_make_no_owners_and_members_are_not_invited(cast: Cast) -> None:
    membership_change_role(membership=of(cast, "colleague"), actor=cast.owner, role="manager")
    with pytest.raises(NotAllowed):
        invitation_send(
            organization=cast.organization, actor=cast.colleague, email="a@example.jp", role="owner"
        )
    with pytest.raises(NotAllowed):
        membership_remove(membership=of(cast, "owner"), actor=cast.colleague)
    with pytest.raises(InvalidInput):
        invite(cast, email="reader@example.jp")


def test_roles_are_changed_by_those_who_manage(cast: Cast) -> None:
    assert (
        membership_change_role(membership=of(cast, "reader"), actor=cast.owner, role="engineer").role
        == "engineer"
    )
    for actor in (cast.colleague, cast.stranger):
        with pytest.raises(NotAllowed):
            membership_change_role(membership=of(cast, "reader"), actor=actor, role="owner")


def test_the_last_owner_stays(cast: Cast) -> None:
    with pytest.raises(Conflict):
        membership_remove(membership=of(cast, "owner"), actor=cast.owner)
    with pytest.raises(Conflict):
        membership_change_role(membership=of(cast, "owner"), actor=cast.owner, role="viewer")
    membership_change_role(membership=of(cast, "colleague"), actor=cast.owner, role="owner")
    membership_remove(membership=of(cast, "owner"), actor=cast.owner)
    assert set(cast.organization.memberships.values_list("role", flat=True)) == {"owner", "viewer"}


def test_members_leave_and_are_removed(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        membership_remove(membership=of(cast, "colleague"), actor=cast.reader)
    membership_remove(membership=of(cast, "reader"), actor=cast.reader)
    membership_remove(membership=of(cast, "colleague"), actor=cast.owner)
    acts = list(AuditEntry.objects.order_by("at").values_list("action", flat=True))
    assert acts == ["membership.leave", "membership.remove"]


def test_asking_mails_the_owners_of_a_known_number_and_tells_nothing(cast: Cast) -> None:
    Organization.objects.filter(pk=cast.organization.pk).update(corporate_number=NUMBER)
    assert contact_request(actor=cast.stranger, corporate_number="７０００−０１２０５−０００２") is None
    assert contact_request(actor=cast.stranger, corporate_number=NUMBER) is None
    assert [message.to_email for message in Message.objects.all()] == ["owner@example.jp"]
    assert "stranger@example.jp" in Message.objects.get().body
    assert contact_request(actor=cast.stranger, corporate_number="1000012160153") is None
    assert Message.objects.count() == 1
    with pytest.raises(ValidationError):
        contact_request(actor=cast.stranger, corporate_number="7000012050003")


@pytest.mark.parametrize(
    ("hour", "words"), [(6, "おはようございます"), (13, "こんにちは"), (20, "こんばんは")]
)
def test_the_greeting_follows_the_clock_of_japan(hour: int, words: str) -> None:
    moment = clock.now().astimezone(clock.TOKYO).replace(hour=hour)
    assert greeting("山田", moment) == f"山田さん、{words}"
