from __future__ import annotations

from datetime import UTC, datetime

import pytest
import structlog
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, transaction
from django.test import Client

from apps.audit.domain import record
from apps.audit.models import AuditEntry
from apps.core.domain import site_settings_save
from apps.core.models import SiteSettings
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_entry_stays_readable_without_the_person_and_the_thing(cast: Cast) -> None:
    with structlog.contextvars.bound_contextvars(request_id="proxy-id-123"):
        record(
            action="thing.change",
            actor=cast.owner,
            target=cast.organization,
            organization_id=cast.organization.pk,
            data={"a": 1},
        )
    entry = AuditEntry.objects.get()
    assert (entry.actor_label, entry.object_label, entry.request_id, entry.data) == (
        cast.owner.email,
        cast.organization.name,
        "proxy-id-123",
        {"a": 1},
    )


def test_nobody_is_the_system() -> None:
    for actor in (None, AnonymousUser()):
        assert record(action="thing.change", actor=actor).actor_id is None


def test_an_entry_names_itself_by_the_time_in_japan() -> None:
    entry = AuditEntry(at=datetime(2026, 12, 31, 15, 30, tzinfo=UTC), action="thing.change", object_label="A")
    assert str(entry) == "2027-01-01 00:30 thing.change A"


@pytest.mark.parametrize("act", ["update", "delete"])
def test_postgresql_refuses_to_change_the_record(act: str) -> None:
    record(action="thing.change")
    rows = AuditEntry.objects.all()
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(action="other") if act == "update" else rows.delete()
    assert AuditEntry.objects.get().action == "thing.change"


def test_change_of_settings_is_recorded_with_names_of_fields_only(cast: Cast) -> None:
    site_settings_save(settings=SiteSettings(), actor=cast.staff)
    row = SiteSettings.objects.get()
    row.contact_phone = "076-000-0000"
    site_settings_save(settings=row, actor=cast.staff)
    entry = AuditEntry.objects.filter(action="site_settings.save").latest("at")
    assert (entry.actor_id, entry.data) == (cast.staff.pk, {"fields": ["contact_phone"]})


def test_staff_read_the_record_and_cannot_write_it(client: Client, cast: Cast) -> None:
    entry = record(action="thing.change", target=cast.organization)
    client.force_login(cast.staff)
    base = "/admin/audit/auditentry/"
    assert "thing.change" in client.get(base, {"q": cast.organization.name}).content.decode()
    record(action="thing.none")
    # Acts on nothing can be filtered too, by a link that has words.
    assert '<a href="?object_type=">—</a>' in "".join(client.get(base).content.decode().split("\n"))
    assert client.get(f"{base}{entry.pk}/change/").status_code == 200
    assert client.post(f"{base}{entry.pk}/change/", {"action": "other"}).status_code == 403
    assert client.get(f"{base}add/").status_code == 403
    assert client.post(f"{base}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
