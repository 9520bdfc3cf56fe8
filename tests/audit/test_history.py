"""The record outlives what it tells of, and raw SQL does not change it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from apps.audit.domain import record
from apps.audit.models import AuditEntry
from apps.audit.selectors import history_of
from tests.cast import Cast


@pytest.fixture
def entry(cast: Cast) -> AuditEntry:
    return record(
        action="organization.change",
        actor=cast.owner,
        target=cast.organization,
        organization_id=cast.organization.pk,
    )


def test_an_entry_stays_readable_when_the_person_is_gone(entry: AuditEntry, cast: Cast) -> None:
    cast.owner.delete()
    entry.refresh_from_db()
    assert (entry.actor_label, entry.object_label) == ("owner@example.jp", "株式会社みずおと技研")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditentry SET action = 'x'",
        "DELETE FROM audit_auditentry",
    ],
)
def test_postgresql_refuses_raw_changes(entry: AuditEntry, sql: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert AuditEntry.objects.get().action == "organization.change"


def test_postgresql_refuses_changes_through_models(entry: AuditEntry) -> None:
    entry.action = "x"
    for act in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.update(action="x")
    assert AuditEntry.objects.get().action == "organization.change"


def test_the_history_of_an_object_is_its_own(entry: AuditEntry, cast: Cast) -> None:
    record(action="organization.change", actor=None, target=cast.other)
    newer = record(action="organization.look", actor=None, target=cast.organization)
    assert list(history_of(cast.organization)) == [newer, entry]
