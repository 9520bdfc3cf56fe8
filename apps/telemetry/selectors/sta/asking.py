"""A cursor for questions whose size another decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from apps.telemetry.errors import BadOption

PATIENCE: Final = "10s"
_CANCELED: Final = "57014"


@contextmanager
def patience() -> Iterator[Any]:
    """A cursor whose questions may take so long; more is refused in words.

    Without PostgreSQL's just-in-time compiler: it thinks these questions much larger than they are, and
    compiles for seconds what runs in milliseconds. Both hold until the transaction ends.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true), set_config('jit', 'off', true)", [PATIENCE]
            )
            yield cursor
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != _CANCELED:
            raise
        text = _("This reads too much. Ask for one datastream, or for less time.")
        raise BadOption("$filter", text, code="too_much") from None
