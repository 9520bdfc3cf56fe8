"""Everything that is stored, as text: for tests that look for what must not be kept."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection


def everything_stored(*, but: Collection[str] = ()) -> str:
    """All rows of all tables but those named; bytes as hexadecimal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'm') AND NOT c.relname = ANY(%s)",
            [list(but)],
        )
        tables = [row[0] for row in cursor.fetchall()]
        parts = []
        for table in tables:
            # A whole row as text: values moved out of line (TOAST) are read back for it.
            cursor.execute(f"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {table} t")
            parts.append(f"{table}: {cursor.fetchone()[0]}")
    return "\n".join(parts)
