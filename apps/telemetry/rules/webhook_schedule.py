"""When a message is tried again, and when it is given up (Standard Webhooks)."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

#: After which pause each attempt follows the one before.
PAUSES: Final = (
    timedelta(0), timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
ATTEMPTS: Final = len(PAUSES)
#: A pause is longer by up to this share, so that what failed together does not come back together.
JITTER: Final = 0.1
#: What could not be delivered in the time of all pauses is given up, however often it was tried.
WINDOW: Final = sum(PAUSES, timedelta(0)) * (1 + JITTER)
#: An address that fails is tried at least so often while something waits for it.
LONGEST_REST: Final = timedelta(minutes=30)
#: The longest wait that a receiver may ask for.
LONGEST_ASKED: Final = timedelta(hours=24)


def next_attempt(attempts: int, now: datetime, asked: timedelta | None = None) -> datetime | None:
    """When to try again after the ``attempts``-th failure; None: never. ``asked``: the receiver's wish."""
    if attempts >= ATTEMPTS:
        return None
    pause = PAUSES[attempts] * (1 + JITTER * random.random())  # noqa: S311 -- spreads load, hides nothing
    return now + max(pause, min(asked or timedelta(0), LONGEST_ASKED))


def rest_of(failures: int, asked: timedelta | None = None) -> timedelta:
    """How long an address is left alone after so many failures in a row."""
    pause = min(PAUSES[min(failures, ATTEMPTS - 1)], LONGEST_REST)
    return max(pause, min(asked or timedelta(0), LONGEST_ASKED))


def retry_after(value: str, now: datetime) -> timedelta | None:
    """A ``Retry-After``: seconds or a date; None when it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return timedelta(seconds=int(value))
    try:
        moment = parsedate_to_datetime(value)
        return max(moment - now, timedelta(0))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
