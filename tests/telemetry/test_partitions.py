"""Partitions: made once, and known only when they are there for good."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection, transaction

from apps.telemetry.domain import partitions

MONTH = date(2031, 5, 1)


NAMES = [partitions.partition_name(MONTH, table) for table in partitions.TABLES]


def exists() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(%s::text[]) AS name", [NAMES]
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_partition_taken_back_by_a_rollback_is_made_again() -> None:
    with transaction.atomic():
        partitions.partitions_ensure(months=[MONTH])
        transaction.set_rollback(True)
    assert not exists()
    try:
        assert partitions.partitions_ensure(months=[MONTH]) == NAMES
        assert exists()
        assert partitions.partitions_ensure(months=[MONTH]) == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {', '.join(NAMES)}")
        partitions.forget()
