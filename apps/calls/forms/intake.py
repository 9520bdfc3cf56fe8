"""What staff fill in beside an application: the request for a correction, a note."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.calls.domain.intake import MESSAGE_LIMIT, NOTE_LIMIT
from apps.calls.models import Application
from apps.core import clock
from apps.core.forms import Refusable

#: A proposal; staff change it.
DAYS = 7
EVENING = time(17, 15)
PICKER = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class ReturnForm(Refusable):
    """What to correct and until when. ``version`` and ``known_until``: those of the page it was read on."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    known_until = forms.DateTimeField(widget=forms.HiddenInput, required=False)
    message = forms.CharField(
        label=_("What to correct"),
        help_text=_("It stands in the mail and on the applicant’s page."),
        max_length=MESSAGE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Write what to correct. The applicant reads it.")},
    )
    until = forms.DateTimeField(
        label=_("Hand in again by"),
        widget=PICKER,
        error_messages={
            "required": _("Choose a day and a time."),
            "invalid": _("Choose a day and a time, for example 2026-12-10 17:15."),
        },
    )

    def clean_until(self) -> datetime:
        """The picker gives no seconds; neither does the deadline have any."""
        until: datetime = self.cleaned_data["until"]
        return until.replace(second=0, microsecond=0)


def return_start(application: Application, now: datetime | None = None) -> dict[str, Any]:
    """A week from today in the evening; when it was sent back already, what was written then."""
    day = clock.local_date(now or clock.now()) + timedelta(days=DAYS)
    until = application.return_until
    return {
        "version": application.version,
        "known_until": until.isoformat() if until else "",
        "message": application.return_message if until else "",
        "until": datetime.combine(day, EVENING, tzinfo=clock.TOKYO),
    }


class NoteForm(Refusable):
    """A note that only staff read."""

    text = forms.CharField(
        label=_("New note"),
        help_text=_("Only staff read it. It cannot be changed afterwards."),
        max_length=NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write the note.")},
    )
