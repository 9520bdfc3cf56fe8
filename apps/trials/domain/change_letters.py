"""The letter about a change, where the city answers by one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import translation

from apps.calls.domain.letter import letter_issue
from apps.calls.enums import LetterKind
from apps.calls.models import Letter
from apps.calls.rules.letters import addressee
from apps.trials.enums import QuotaKind
from apps.trials.models import Trial, TrialChange
from apps.trials.rules import CHANGE_WITH_LETTER
from apps.trials.selectors.changes import change_recipient, change_rows
from apps.trials.selectors.versions import plain
from apps.trials.selectors.workspace import quota_limit

if TYPE_CHECKING:
    from apps.accounts.models import User


def change_letter(*, change: TrialChange, actor: User, now: datetime) -> Letter | None:
    """Issue the letter about what was granted (already applied); None where none is due.

    It goes to the organization that asked, in the language of whoever reads the answer, and says what
    of the trial holds from now on.
    """
    if not any(kind in CHANGE_WITH_LETTER for kind in change.granted):
        return None
    reader = change_recipient(change)
    return letter_issue(
        kind=LetterKind.CHANGE,
        organization=change.organization,
        addressee=addressee(change.organization.name, change.organization.kind),
        language=reader.language if reader else "ja",
        values=_values(change),
        actor=actor,
        trial_code=change.trial.code,
        now=now,
        told_at=now,
    )


def _values(change: TrialChange) -> dict[str, Any]:
    trial: Trial = change.trial
    return {
        "title": trial.title,
        "period": [plain(trial.starts_on), plain(trial.last_day)],
        "devices": quota_limit(trial=trial, kind=QuotaKind.DEVICES),
        "messages": quota_limit(trial=trial, kind=QuotaKind.MESSAGES),
        "conditions": trial.conditions,
        "report_due": plain(trial.report_due_on),
        "rows": _rows(change),
    }


def _rows(change: TrialChange) -> list[dict[str, str]]:
    """What was granted, beside how it was, in both languages."""
    found: list[dict[str, str]] = []
    for language, suffix in (("ja", ""), ("en", "_en")):
        with translation.override(language):
            rows = [row for row in change_rows(change) if row.granted]
            for number, row in enumerate(rows):
                if number == len(found):
                    found.append({})
                found[number] |= {
                    f"label{suffix}": row.label,
                    f"before{suffix}": " / ".join(row.now),
                    f"after{suffix}": " / ".join(row.granted or ()),
                }
    return found
