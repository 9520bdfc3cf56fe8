"""Handing an organization over: both roles in one act, mailed and recorded."""

from __future__ import annotations

from functools import partial

import pytest
from django.test import Client

from apps.audit.models import AuditEntry
from apps.core.errors import Conflict, NotAllowed, NotFound
from apps.organizations.domain import ownership_hand_over
from apps.organizations.models import Membership
from apps.outbox.models import Message
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.organizations import MembershipFactory, OrganizationFactory


def of(cast: Cast, name: str) -> Membership:
    return Membership.objects.get(user=getattr(cast, name))


@pytest.mark.django_db
def test_both_change_and_both_are_told(cast: Cast) -> None:
    cast.reader.language = "en"
    cast.reader.save()
    ownership_hand_over(membership=of(cast, "reader"), actor=cast.owner)
    assert (of(cast, "reader").role, of(cast, "owner").role) == ("owner", "manager")
    mails = {mail.to_email: mail for mail in Message.objects.filter(template="organizations-owner")}
    assert set(mails) == {"reader@example.jp", "owner@example.jp"}
    assert mails["reader@example.jp"].subject.startswith("You are the owner of")
    assert mails["owner@example.jp"].language == "ja"
    entry = AuditEntry.objects.get(action="organization.hand_over")
    assert (str(entry.actor_id), entry.data["to"]) == (str(cast.owner.pk), str(cast.reader.pk))


@pytest.mark.django_db
def test_who_may_not(cast: Cast) -> None:
    for name in ("colleague", "reader", "stranger", "staff"):
        with pytest.raises(NotAllowed):
            ownership_hand_over(membership=of(cast, "reader"), actor=getattr(cast, name))
    with pytest.raises(Conflict):
        ownership_hand_over(membership=of(cast, "owner"), actor=cast.owner)
    cast.colleague.is_active = False
    cast.colleague.save()
    with pytest.raises(Conflict):
        ownership_hand_over(membership=of(cast, "colleague"), actor=cast.owner)
    gone = of(cast, "reader")
    Membership.objects.filter(pk=gone.pk).delete()
    with pytest.raises(NotFound):
        ownership_hand_over(membership=gone, actor=cast.owner)
    assert not Message.objects.filter(template="organizations-owner").exists()


@pytest.mark.django_db
def test_on_the_page(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    members = f"/o/{cast.organization.pk}/members/"
    address = f"{members}{of(cast, 'colleague').pk}/owner/"
    assert address in client.get(members).content.decode()
    assert client.get(address).status_code == 200
    assert of(cast, "owner").role == "owner"
    assert client.post(address).headers["Location"] == members
    assert of(cast, "colleague").role == "owner"
    assert client.post(address).status_code == 403
    assert "/owner/" not in client.get(members).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_leave_one_owner() -> None:
    organization = OrganizationFactory.create()
    owner = MembershipFactory.create(organization=organization)
    others = [MembershipFactory.create(organization=organization, role="viewer") for _ in range(2)]
    acts = [partial(ownership_hand_over, membership=other, actor=owner.user) for other in others]
    results = at_once(acts)
    assert sorted(type(result).__name__ for result in results) == ["Membership", "NotAllowed"]
    assert organization.memberships.filter(role="owner").count() == 1
