"""Mail domains that staff mark as an organization's."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.organizations.domain import mail_domain_save
from apps.organizations.models import Organization, OrganizationDomain
from tests.cast import Cast
from tests.factories.organizations import OrganizationFactory

pytestmark = pytest.mark.django_db


def mark(organization: Organization, domain: str, actor: Any) -> OrganizationDomain:
    row = OrganizationDomain(organization=organization, domain=domain)
    mail_domain_save(row=row, actor=actor)
    return row


def test_domain_is_kept_as_it_is_compared_and_once(cast: Cast) -> None:
    row = mark(cast.organization, "Haru@Mizuoto.CO.JP", cast.staff)
    assert (row.domain, row.marked_by) == ("mizuoto.co.jp", cast.staff)
    with pytest.raises(ValidationError):
        mark(cast.organization, "mizuoto.co.jp", cast.staff)
    mark(cast.other, "mizuoto.co.jp", cast.staff)
    mail_domain_save(row=row, actor=cast.staff, delete=True)
    acts = AuditEntry.objects.filter(action__startswith="domain.").order_by("at")
    assert list(acts.values_list("action", flat=True)) == ["domain.mark", "domain.mark", "domain.unmark"]


@pytest.mark.parametrize("domain", ["gmail.com", "docomo.ne.jp", "co.jp", "mizuoto", "", "a b.jp"])
def test_domain_of_everybody_or_nobody_is_refused(cast: Cast, domain: str) -> None:
    with pytest.raises(ValidationError):
        mark(cast.organization, domain, cast.staff)


def test_domain_is_marked_on_the_page_of_the_organization(client: Client, cast: Cast) -> None:
    client.force_login(cast.staff)
    company = OrganizationFactory.create(name="かわせみ計測")
    url = reverse("admin:organizations_organization_change", args=[company.pk])
    data = {
        "kind": "corporation",
        "name": company.name,
        **{f"memberships-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")},
        "mail_domains-TOTAL_FORMS": "1",
        "mail_domains-INITIAL_FORMS": "0",
        "mail_domains-0-organization": str(company.pk),
        "mail_domains-0-domain": "gmail.com",
        "mail_domains-0-note": "",
    }
    refused = client.post(url, data)
    assert refused.status_code == 200
    assert "だれでもアドレスを持てる" in refused.content.decode()
    done = client.post(url, {**data, "mail_domains-0-domain": "@kawasemi.co.jp"})
    assert done.status_code == 302
    row = OrganizationDomain.objects.get()
    assert (row.domain, row.marked_by) == ("kawasemi.co.jp", cast.staff)
    assert "kawasemi.co.jp" in client.get(url).content.decode()
