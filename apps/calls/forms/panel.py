"""Forms of the panel: whom staff invite, what a reviewer states, what is declared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from apps.calls.enums import ConflictKind, TieKind
from apps.calls.forms.asking import Words
from apps.calls.models import Application, Call, Reviewer, ReviewerTie
from apps.calls.rules.people import MOST, Invitee, people_of
from apps.core.forms import Refusable
from apps.core.text import clean_line
from apps.core.validators import clean_corporate_number
from apps.organizations.rules import clean_domain, is_domain, is_public


class AboutForm(Refusable):
    """What staff say of a reviewer."""

    affiliation = Words(
        label=gettext_lazy("Affiliation"),
        help_text=gettext_lazy("University, company or association. Conflicts of interest are found by it."),
        max_length=200,
        required=False,
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mail"),
        choices=settings.LANGUAGES,
        initial="ja",
        widget=forms.RadioSelect,
    )
    themes = forms.MultipleChoiceField(
        label=gettext_lazy("Themes they know"),
        help_text=gettext_lazy("Assigning evenly follows them. Nothing ticked: all themes."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    load_limit = forms.IntegerField(
        label=gettext_lazy("At most so many applications"),
        help_text=pgettext_lazy("applications", "Empty: no limit."),
        required=False,
        min_value=1,
        max_value=999,
    )

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "ja"
        rows = [(row.code, row.localized("name", language)) for row in call.themes.all()]
        self.fields["themes"].choices = rows  # type: ignore[attr-defined]
        if not rows:
            del self.fields["themes"]

    @property
    def about(self) -> dict[str, Any]:
        """Arguments of ``domain.panel.About``."""
        names = ("affiliation", "language", "themes", "load_limit")
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


class InviteForm(AboutForm):
    """Several reviewers at once, one in each line."""

    people = forms.CharField(
        label=gettext_lazy("Reviewers"),
        help_text=gettext_lazy(
            "One in each line: name <e-mail address>, then the affiliation if it differs."
        ),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Write at least one name and address.")},
    )
    field_order = ("people",)

    def clean_people(self) -> list[Invitee]:
        found, faults = people_of(self.cleaned_data["people"].replace("\0", ""))
        if faults:
            raise ValidationError(faults)
        if not found:
            raise ValidationError(_("Write at least one name and address."))
        return found[:MOST]


class ReviewerForm(AboutForm):
    """Correct what was said of a reviewer."""

    name = Words(label=gettext_lazy("Name"), max_length=100)
    field_order = ("name",)


def reviewer_start(reviewer: Reviewer) -> dict[str, Any]:
    """The values of ``ReviewerForm`` as they are kept."""
    names = ("name", "affiliation", "language", "themes", "load_limit")
    return {name: getattr(reviewer, name) for name in names}


class ConflictEnterForm(Refusable):
    """A conflict of interest that staff know of."""

    reviewer = forms.ChoiceField(label=gettext_lazy("Reviewer"))
    application = forms.ChoiceField(label=gettext_lazy("Application"))
    kind = forms.ChoiceField(
        label=gettext_lazy("What follows from it"),
        choices=[
            ("hard", gettext_lazy("Does not review: no access, no score counts")),
            ("soft", gettext_lazy("Reviews: it is recorded only")),
        ],
        widget=forms.RadioSelect,
    )
    note = Words(
        label=gettext_lazy("What it is"),
        help_text=gettext_lazy("Only staff read it. It stays in the record."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self, *args: Any, reviewers: Sequence[Reviewer], applications: Sequence[Application], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.reviewers = {str(row.pk): row for row in reviewers}
        self.applications = {str(row.pk): row for row in applications}
        said: dict[str, list[tuple[str, str]]] = {
            "reviewer": [(key, row.name) for key, row in self.reviewers.items()],
            "application": [
                (key, f"{row.code} {row.org_name} {row.title}"[:120])
                for key, row in self.applications.items()
            ],
        }
        for name, rows in said.items():
            self.fields[name].choices = [("", _("Choose")), *rows]  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        """Arguments of ``conflict_enter``."""
        data = self.cleaned_data
        return {
            "reviewer": self.reviewers[data["reviewer"]],
            "application": self.applications[data["application"]],
            "kind": data["kind"],
            "note": data["note"],
        }


class LiftForm(Refusable):
    """Why a conflict is mistaken."""

    reason = Words(
        label=gettext_lazy("Why it is mistaken"),
        help_text=gettext_lazy("It stays in the record, with your name."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Write the reason.")},
    )


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TieForm(forms.Form):
    """One connection of a reviewer; left empty it is none."""

    kind = forms.ChoiceField(
        label=pgettext_lazy("tie", "Connection"),
        choices=[("", gettext_lazy("Choose")), *TieKind.choices],
        required=False,
    )
    organization_name = Words(label=gettext_lazy("Organization"), max_length=200, required=False)
    corporate_number = forms.CharField(
        label=gettext_lazy("Corporate number"),
        help_text=gettext_lazy("13 digits, if you know it."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    domain = forms.CharField(
        label=gettext_lazy("Mail domain"),
        help_text=gettext_lazy("What stands behind the @ in its addresses, if you know it."),
        max_length=253,
        required=False,
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    since = DayField(label=pgettext_lazy("tie", "Since"), required=False)
    until = DayField(
        label=pgettext_lazy("tie", "Until"),
        help_text=gettext_lazy("Leave it empty while it lasts."),
        required=False,
    )

    def clean_corporate_number(self) -> str:
        number = self.cleaned_data["corporate_number"]
        return clean_corporate_number(number) if number else ""

    def clean_domain(self) -> str:
        typed = self.cleaned_data["domain"]
        domain = clean_domain(typed) if typed else ""
        if domain and not is_domain(domain):
            raise ValidationError(_("Write a mail domain, for example mizube.co.jp."))
        if domain and is_public(domain):
            raise ValidationError(_("Everybody can have an address there. Leave it empty."))
        return domain

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self.filled = any(data.get(name) for name in self.fields) or bool(self.errors)
        if not self.filled:
            return data
        if not clean_line(data.get("organization_name") or "") and "organization_name" not in self.errors:
            self.add_error("organization_name", _("Write the name of the organization."))
        if not data.get("kind") and "kind" not in self.errors:
            self.add_error("kind", _("Choose what connects you with it."))
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("It must not end before it began."))
        return data


class TieFormSet(forms.BaseFormSet[TieForm]):
    """All connections of a reviewer; none, when that is ticked."""

    @property
    def stated(self) -> list[dict[str, Any]]:
        """What was filled in, for ``ties_state``."""
        return [form.cleaned_data for form in self.forms if getattr(form, "filled", False)]


#: Empty rows below those that are kept.
EMPTY_ROWS, MOST_TIES = 2, 40
TieForms = forms.formset_factory(
    TieForm, formset=TieFormSet, extra=EMPTY_ROWS, max_num=MOST_TIES, absolute_max=MOST_TIES + 10
)


class NoTiesForm(forms.Form):
    """An empty list is only taken as “none” from who says so."""

    none = forms.BooleanField(
        label=gettext_lazy("I have no such connection with any organization."), required=False
    )


def tie_start(ties: Sequence[ReviewerTie]) -> list[dict[str, Any]]:
    """The rows of the formset as they are kept."""
    names = ("kind", "organization_name", "corporate_number", "domain", "since", "until")
    return [{name: getattr(row, name) for name in names} for row in ties]


class DeclareForm(Refusable):
    """What a reviewer says of one application before reading it; left open it is asked again."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Do you have a conflict of interest?"),
        choices=[
            ("none", gettext_lazy("No conflict")),
            (
                ConflictKind.SOFT.value,
                gettext_lazy("I may be connected, but I can judge fairly. The city reads what I write."),
            ),
            (ConflictKind.HARD.value, gettext_lazy("I have a conflict. I do not review it.")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    note = Words(
        label=gettext_lazy("In a few words"),
        help_text=gettext_lazy("Needed when you may be connected. Only the city reads it."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
