"""The letter about a change, where the city answers by one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from apps.calls.models import Letter
from apps.trials.models import TrialChange

if TYPE_CHECKING:
    from apps.accounts.models import User


def change_letter(*, change: TrialChange, actor: User, now: datetime) -> Letter | None:
    """Issue the letter about what was granted; None where none is due."""
    return None
