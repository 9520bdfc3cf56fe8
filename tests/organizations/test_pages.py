"""The organization's pages as each of the cast."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from apps.organizations.domain import invitation_send
from apps.organizations.models import Invitation, Membership
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.organizations import MembershipFactory
from tests.factories.people import UserFactory


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def invitation(cast: Cast) -> Invitation:
    return invitation_send(
        organization=cast.organization, actor=cast.owner, email="new@example.jp", role="engineer"
    )


def token() -> str:
    return re.findall(r"/invitations/([\w-]+)/", Message.objects.get(to_email="new@example.jp").body)[0]


def pages(cast: Cast) -> dict[str, str]:
    pk = cast.organization.pk
    reader = Membership.objects.get(user=cast.reader).pk
    return {
        "home": reverse("organizations:workspace", args=[pk]),
        "edit": reverse("organizations:edit", args=[pk]),
        "members": reverse("organizations:member-list", args=[pk]),
        "invite": reverse("organizations:invite", args=[pk]),
        "role": reverse("organizations:member-role", args=[pk, reader]),
        "remove": reverse("organizations:member-remove", args=[pk, reader]),
    }


@pytest.mark.parametrize(
    ("actor", "status"),
    [
        ("owner", {"home": 200, "edit": 200, "members": 200, "invite": 200, "role": 200, "remove": 200}),
        ("colleague", {"home": 200, "edit": 403, "members": 200, "invite": 403, "role": 403, "remove": 403}),
        ("reader", {"home": 200, "edit": 403, "members": 200, "invite": 403, "role": 403, "remove": 200}),
        ("stranger", dict.fromkeys(("home", "edit", "members", "invite", "role", "remove"), 404)),
        ("reviewer", dict.fromkeys(("home", "edit", "members", "invite", "role", "remove"), 404)),
        ("staff", {"home": 200, "edit": 403, "members": 200, "invite": 403, "role": 403, "remove": 403}),
    ],
)
def test_each_of_the_cast_on_each_page(actor: str, status: dict, cast: Cast, invitation: Invitation) -> None:
    client = signed_in(getattr(cast, actor))
    assert {name: client.get(url).status_code for name, url in pages(cast).items()} == status
    revoke = reverse("organizations:invitation-revoke", args=[cast.organization.pk, invitation.pk])
    expected = 302 if actor == "owner" else status["invite"]
    assert client.post(revoke).status_code == expected


def test_nobody_signed_in_is_asked_to_sign_in(cast: Cast, client: Client) -> None:
    assert {client.get(url).status_code for url in pages(cast).values()} == {302}


def test_a_membership_of_another_organization_is_not_found(cast: Cast) -> None:
    reader = Membership.objects.get(user=cast.reader).pk
    url = reverse("organizations:member-remove", args=[cast.other.pk, reader])
    assert signed_in(cast.stranger).post(url).status_code == 404
    assert Membership.objects.filter(pk=reader).exists()


def test_an_owner_invites_changes_a_role_and_removes(cast: Cast) -> None:
    client, urls = signed_in(cast.owner), pages(cast)
    answer = client.post(urls["invite"], {"email": "A@Example.jp", "role": "viewer", "language": "en"})
    assert answer.status_code == 302
    assert Message.objects.get().language == "en"
    assert "a@example.jp" in client.get(urls["members"]).content.decode()
    assert client.post(urls["role"], {"role": "engineer"}).status_code == 302
    assert Membership.objects.get(user=cast.reader).role == "engineer"
    assert client.post(urls["remove"]).status_code == 302
    assert not Membership.objects.filter(user=cast.reader).exists()


def test_what_is_wrong_is_said_beside_the_field(cast: Cast) -> None:
    client, urls = signed_in(cast.owner), pages(cast)
    answer = client.post(urls["invite"], {"email": "reader@example.jp", "role": "king", "language": "xx"})
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"role", "language"})
    answer = client.post(urls["invite"], {"email": "reader@example.jp", "role": "viewer", "language": "ja"})
    assert set(answer.context["form"].errors) == {"email"}
    answer = client.post(urls["edit"], {"name": "", "website": "javascript:alert(1)"})
    assert set(answer.context["form"].errors) == {"name", "website"}


def test_the_last_owner_is_told_why_they_cannot_leave(cast: Cast) -> None:
    own = Membership.objects.get(user=cast.owner).pk
    url = reverse("organizations:member-remove", args=[cast.organization.pk, own])
    answer = signed_in(cast.owner).post(url)
    assert answer.status_code == 409
    assert "代表者がほかにいません" in answer.content.decode()


def test_the_link_of_an_invitation_explains_and_joins(cast: Cast, invitation: Invitation) -> None:
    url = reverse("organizations:invitation", args=[token()])
    page = Client().get(url)
    assert f"?next={url}" in page.content.decode()
    other = signed_in(cast.stranger)
    assert "stranger@example.jp" in other.get(url).content.decode()
    assert other.post(url).status_code == 403
    person = signed_in(UserFactory.create(email="new@example.jp"))
    assert person.get(url).status_code == 200
    assert person.post(url).url == reverse("organizations:workspace", args=[cast.organization.pk])
    assert "この招待は使えません" in Client().get(url).content.decode()
    assert Client().get("/invitations/unknown/").status_code == 404


def test_asking_the_owner_gives_the_same_answer_for_every_number(cast: Cast) -> None:
    type(cast.organization).objects.filter(pk=cast.organization.pk).update(corporate_number="7000012050002")
    client, url = signed_in(cast.stranger), reverse("organizations:ask-owner")
    answers = {
        number: client.post(url, {"corporate_number": number})
        for number in ("7000012050002", "1000012160153")
    }
    bodies = {
        re.sub(r'(name="csrfmiddlewaretoken" value|csrf)="[^"]*"', "", answer.content.decode())
        for answer in answers.values()
    }
    assert len(bodies) == 1
    assert [message.to_email for message in Message.objects.all()] == ["owner@example.jp"]
    assert client.post(url, {"corporate_number": "123"}).status_code == 422
    assert client.get(url, {"corporate_number": "7000012050002"}).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_number_of_queries(rows: int, cast: Cast, django_assert_num_queries) -> None:
    for _ in range(rows):
        MembershipFactory.create(organization=cast.organization, role="viewer")
        invitation_send(
            organization=cast.organization, actor=cast.owner, email=f"p{_}@example.jp", role="viewer"
        )
    client = signed_in(cast.owner)
    client.get("/healthz")
    with django_assert_num_queries(6):
        client.get(reverse("organizations:member-list", args=[cast.organization.pk]))


def test_staff_set_roles_in_the_admin(cast: Cast) -> None:
    client = signed_in(cast.staff)
    for name in ("organizations_organization", "accounts_user"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:{name}_add")).status_code == 200
    assert (
        client.get(
            reverse("admin:organizations_organization_change", args=[cast.organization.pk])
        ).status_code
        == 200
    )
    data = {
        "email": "New.Staff@Example.jp",
        "name": "新人",
        "language": "ja",
        "is_active": "on",
        "is_staff": "on",
    }
    assert client.post(reverse("admin:accounts_user_add"), data).status_code == 302
    person = type(cast.staff).objects.get(email="new.staff@example.jp")
    assert (person.is_staff, person.has_usable_password()) == (True, False)


def test_staff_help_an_organization_without_an_owner(cast: Cast) -> None:
    client = signed_in(cast.staff)
    url = reverse("admin:organizations_organization_change", args=[cast.other.pk])
    own = Membership.objects.get(user=cast.stranger)
    data = {
        "kind": "corporation",
        "name": "よその会社",
        "corporate_number": "７０００−０１２０５−０００２",
        "memberships-TOTAL_FORMS": "2",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(own.pk),
        "memberships-0-organization": str(cast.other.pk),
        "memberships-0-role": "viewer",
        "mail_domains-TOTAL_FORMS": "0",
        "mail_domains-INITIAL_FORMS": "0",
        "memberships-1-organization": str(cast.other.pk),
        "memberships-1-role": "owner",
    }
    for email, words in (("nobody@example.jp", "まだ"), ("stranger@example.jp", "すでに")):
        answer = client.post(url, {**data, "memberships-1-email": email})
        assert (answer.status_code, words in answer.content.decode()) == (200, True)
    wrong = client.post(url, {**data, "corporate_number": "123", "memberships-1-email": "reader@example.jp"})
    assert wrong.status_code == 200
    answer = client.post(url, {**data, "memberships-1-email": "Reader@example.jp"})
    assert answer.status_code == 302
    roles = dict(cast.other.memberships.values_list("user__name", "role"))
    assert roles == {"stranger": "viewer", "reader": "owner"}
    cast.other.refresh_from_db()
    assert cast.other.corporate_number == "7000012050002"
