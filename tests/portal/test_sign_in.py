from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.factories.calls import ApplicationFactory
from tests.factories.organizations import MembershipFactory
from tests.factories.people import UserFactory

AFTER = "/account/after-sign-in/"


def landing(client: Client, user: object, query: str = "") -> str:
    client.force_login(user)  # type: ignore[arg-type]
    answer = client.get(f"{AFTER}{query}")
    assert answer.status_code == 302
    return answer["Location"]


def test_staff_go_to_their_work(client: Client, cast: Cast) -> None:
    assert landing(client, cast.staff) == "/admin/"


def test_a_member_goes_to_the_only_organization(client: Client, cast: Cast) -> None:
    assert landing(client, cast.owner) == reverse("organizations:workspace", args=[cast.organization.pk])


def test_a_member_of_two_chooses(client: Client, cast: Cast) -> None:
    MembershipFactory.create(organization=cast.other, user=cast.owner)
    assert landing(client, cast.owner) == "/applications/"


@pytest.mark.django_db
def test_an_applicant_goes_on_with_the_draft(client: Client) -> None:
    person = UserFactory.create()
    assert landing(client, person) == "/applications/"
    draft = ApplicationFactory.create(created_by=person)
    assert landing(client, person) == draft.get_absolute_url()


def test_next_only_within_the_site(client: Client, cast: Cast) -> None:
    assert landing(client, cast.staff, "?next=/reports/") == "/reports/"
    for address in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"):
        assert landing(client, cast.staff, f"?next={address}") == "/admin/"


@pytest.mark.django_db
def test_nobody_signs_in_first(client: Client) -> None:
    assert "/account/login/code/" in client.get(AFTER)["Location"]
