"""Staff compare two organizations, are asked twice, and merge them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.organizations.domain import organization_merge
from apps.organizations.models import Organization
from tests.cast import Cast
from tests.factories.organizations import OrganizationFactory


@pytest.fixture
def staff(client: Client, cast: Cast) -> Client:
    client.force_login(cast.staff)
    return client


def page(organization: Organization, act: str = "merge") -> str:
    return reverse(f"admin:organizations_organization_{act}", args=[organization.pk])


def text(response: Any) -> str:
    return str(response.content.decode())


def test_from_the_suggestion_to_the_merge(staff: Client, cast: Cast) -> None:
    double = OrganizationFactory.create(name="株式会社 みずおと技研", website="https://example.jp/")
    listed = reverse("admin:organizations_organization_changelist")
    doubles = text(staff.get(reverse("admin:organizations_organization_doubles")))
    assert str(double.pk) in doubles
    assert "よその会社" not in doubles
    assert double.name in text(staff.get(page(cast.organization)))
    compare = text(staff.get(page(cast.organization), {"other": double.pk}))
    assert "https://example.jp/" in compare
    confirm = text(staff.get(page(cast.organization), {"other": double.pk, "keep": cast.organization.pk}))
    assert "メールを送りません" in confirm
    double.refresh_from_db()
    assert double.merged_into is None
    data = {"other": double.pk, "keep": cast.organization.pk}
    done = staff.post(page(cast.organization), data, follow=True)
    assert "統合しました" in text(done)
    double.refresh_from_db()
    assert double.merged_into == cast.organization
    assert double.name not in text(staff.get(listed))
    assert double.name in text(staff.get(listed, {"merged": "yes"}))
    assert str(cast.organization.pk) in text(staff.get(page(double, "change")))
    assert staff.post(page(double, "change"), {"name": "x"}).status_code == 403
    assert staff.get(page(double)).status_code == 404
    assert staff.post(page(cast.organization), data).status_code == 409


def test_the_other_one_can_stay(staff: Client, cast: Cast) -> None:
    staff.post(page(cast.organization), {"other": cast.other.pk, "keep": cast.other.pk})
    cast.organization.refresh_from_db()
    assert cast.organization.merged_into == cast.other


def test_two_by_law_are_shown_but_cannot_be_merged(staff: Client, cast: Cast) -> None:
    one = OrganizationFactory.create(corporate_number="7000012050002")
    two = OrganizationFactory.create(corporate_number="4011001098993")
    assert "統合できません" in text(staff.get(page(one), {"other": two.pk, "keep": one.pk}))
    assert staff.post(page(one), {"other": two.pk, "keep": one.pk}).status_code == 409
    two.refresh_from_db()
    assert two.merged_into is None


@pytest.mark.parametrize("other", ["", "x", "\0", str(uuid.UUID(int=7)), "あ" * 10_000])
def test_odd_choices_lead_back_to_choosing(staff: Client, cast: Cast, other: str) -> None:
    assert staff.get(page(cast.organization), {"other": other[:2000], "q": other[:2000]}).status_code == 200
    assert staff.post(page(cast.organization), {"other": other, "keep": other}).status_code == 200


def test_a_search_finds_others(staff: Client, cast: Cast) -> None:
    organization_merge(
        keep=cast.other, gone=OrganizationFactory.create(name="よその会社 旧"), actor=cast.staff
    )
    found = text(staff.get(page(cast.organization), {"q": "よその"}))
    assert str(cast.other.pk) in found
    assert "旧" not in found


@pytest.mark.parametrize("count", [1, 3])
def test_doubles_ask_the_same_number_of_queries(staff: Client, count: int) -> None:
    for n in range(count):
        OrganizationFactory.create_batch(2, name=f"二重{n}")
    address = reverse("admin:organizations_organization_doubles")
    staff.get(address)
    with CaptureQueriesContext(connection) as shown:
        assert staff.get(address).status_code == 200
    assert len(shown) == 5
