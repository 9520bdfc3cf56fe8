"""Staff who look after people cannot become someone who may do more."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.accounts.models import User
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client: Client) -> User:
    """Staff with the right to people, but not to everything."""
    clerk: User = UserFactory.create(email="clerk@example.jp", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    return clerk


@pytest.mark.parametrize("rights", [{"is_superuser": True}, {}])
def test_the_address_of_other_staff_cannot_be_taken_over(client: Client, clerk: User, rights) -> None:
    other = UserFactory.create(email="chief@example.jp", name="Chief", is_staff=True, **rights)
    data = {"email": clerk.email.replace("clerk", "mine"), "name": "x", "language": "ja", "is_active": "on"}
    client.post(f"/admin/accounts/user/{other.pk}/change/", {**data, "is_staff": "on"})
    other.refresh_from_db()
    assert other.email == "chief@example.jp"
    assert (other.name == "Chief") is bool(rights)


def test_nobody_gives_the_right_to_everything_to_themselves(client: Client, clerk: User) -> None:
    data = {"email": clerk.email, "name": "x", "language": "ja", "is_active": "on", "is_staff": "on"}
    client.post(f"/admin/accounts/user/{clerk.pk}/change/", {**data, "is_superuser": "on"})
    clerk.refresh_from_db()
    assert clerk.name == "x"
    assert not clerk.is_superuser
