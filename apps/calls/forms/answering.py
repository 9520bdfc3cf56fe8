"""What staff fill in about a company's answer: more time, the end of it, the order of the waiting list."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from apps.calls.domain.answering import MESSAGE_LIMIT
from apps.calls.domain.waitlist import REASON_LIMIT
from apps.calls.models import Application
from apps.calls.rules.letters import LAST
from apps.core import clock
from apps.core.forms import Refusable

DAYS = 7


class AnswerForm(Refusable):
    """``known_due``: the deadline of the page it was read on; ``act``: extend or end."""

    known_due = forms.DateTimeField(widget=forms.HiddenInput, required=False)
    message = forms.CharField(
        label=_("A word to the company"),
        help_text=_("It stands in the mail. It may be empty."),
        max_length=MESSAGE_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ExtendForm(AnswerForm):
    until = forms.DateField(
        label=_("Answer by the end of"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Choose a day."),
            "invalid": _("Choose a day, for example 2026-12-10."),
        },
    )

    @property
    def moment(self) -> datetime:
        """The end of that day in Japan."""
        return datetime.combine(self.cleaned_data["until"], LAST, tzinfo=clock.TOKYO)


def answer_start(application: Application, now: datetime | None = None) -> dict[str, Any]:
    """A week from today, or from the deadline if that is later."""
    due = application.answer_due_at
    today = clock.local_date(now)
    begins = max(today, clock.local_date(due)) if due else today
    return {"known_due": due.isoformat() if due else "", "until": begins + timedelta(days=DAYS)}


class OrderForm(Refusable):
    """New ranks of a waiting list: a number for each of ``known``, which is the order of the page."""

    reason = forms.CharField(
        label=_("Why the order changes"),
        help_text=_("It stays in the record. Tell the companies concerned."),
        max_length=REASON_LIMIT,
        widget=forms.TextInput,
        error_messages={"required": _("Write why, in up to 500 characters. It stays in the record.")},
    )

    def __init__(self, data: Any = None, *, rows: Sequence[Application] = ()) -> None:
        super().__init__(data)
        for place, row in enumerate(rows, start=1):
            self.fields[f"rank-{row.pk}"] = forms.IntegerField(
                label=_text("Place of %(code)s") % {"code": row.code},
                min_value=1,
                max_value=32_000,
                initial=place,
                widget=forms.TextInput(attrs={"inputmode": "numeric"}),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        ranks = [value for name, value in data.items() if name.startswith("rank-")]
        if len(set(ranks)) != len(ranks):
            self.add_error(None, _text("Two have the same place. Give each its own."))
        return data

    @property
    def order(self) -> list[uuid.UUID]:
        """The applications by their new ranks."""
        ranks = {name: value for name, value in self.cleaned_data.items() if name.startswith("rank-")}
        return [uuid.UUID(name.removeprefix("rank-")) for name in sorted(ranks, key=lambda name: ranks[name])]
