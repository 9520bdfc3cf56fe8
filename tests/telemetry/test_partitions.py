"""Partitions: made once, and known only when they are there for good."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection, transaction

from apps.telemetry.domain import partitions

MONTH = date(2031, 5, 1)


def exists() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [partitions.partition_name(MONTH)])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_partition_taken_back_by_a_rollback_is_made_again() -> None:
    with transaction.atomic():
        partitions.partitions_ensure(months=[MONTH])
        transaction.set_rollback(True)
    assert not exists()
    try:
        assert partitions.partitions_ensure(months=[MONTH]) == [partitions.partition_name(MONTH)]
        assert exists()
        assert partitions.partitions_ensure(months=[MONTH]) == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {partitions.partition_name(MONTH)}")
        partitions.forget()
