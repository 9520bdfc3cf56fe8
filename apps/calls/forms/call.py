"""What staff type about a call and its parts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.calls.domain.call import CHOSEN, EDITABLE
from apps.calls.domain.call_parts import refuse_answered
from apps.calls.enums import AnswerKind
from apps.calls.models import Call, CallFile, CallQuestion
from apps.calls.selectors.call_staff import date_consequences
from apps.core import clock
from apps.core.documents import ACCEPT, document_clean
from apps.core.errors import Conflict

#: Choices that a question of this kind offers at least.
FEWEST_CHOICES = 2


class CallForm(forms.ModelForm[Call]):
    """A call. New dates of a published one are saved only after what they change was read."""

    confirmed = forms.BooleanField(
        label=_("I have read what the new dates change"),
        help_text=_("Needed when dates of a published call change. You see first what they change for whom."),
        required=False,
    )

    class Meta:
        model = Call
        fields = (*EDITABLE, *CHOSEN)
        widgets = {
            "themes": forms.CheckboxSelectMultiple,
            "briefings": forms.CheckboxSelectMultiple,
            "guideline": forms.Textarea(attrs={"rows": 16}),
            "guideline_en": forms.Textarea(attrs={"rows": 12}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = Call.objects.filter(pk=self.instance.pk).first()
        own = Q(calls=self.before) if self.before else Q()
        if "themes" in self.fields:
            field: Any = self.fields["themes"]
            field.queryset = field.queryset.filter(Q(is_active=True) | own).distinct()
        if "briefings" in self.fields:
            field = self.fields["briefings"]
            field.queryset = field.queryset.filter(Q(ends_at__gt=clock.now()) | own).distinct()

    @property
    def chosen(self) -> dict[str, Any]:
        """Themes and briefings for the domain."""
        return {name: self.cleaned_data[name] for name in CHOSEN if name in self.cleaned_data}

    def clean(self) -> dict[str, Any]:
        """A moment whose minute was not touched keeps the seconds that the input cannot hold."""
        data = super().clean() or self.cleaned_data
        for name in ("opens_at", "closes_at", "questions_until"):
            kept = getattr(self.before, name, None)
            if kept is not None and data.get(name) == kept.replace(second=0, microsecond=0):
                data[name] = kept
        return data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.before is None or self.errors or self.cleaned_data.get("confirmed"):
            return
        told = date_consequences(self.before, self.instance)
        if told:
            told.append(str(_("If this is right, tick the box and save again.")))
            faults: list[Any] = [ValidationError(line, code="unconfirmed") for line in told]
            self.add_error("confirmed", ValidationError(faults))


class CallQuestionForm(forms.ModelForm[CallQuestion]):
    """A question of one call. Once it is answered, its kind stays."""

    class Meta:
        model = CallQuestion
        fields = (
            "order",
            "label",
            "label_en",
            "reason",
            "reason_en",
            "kind",
            "choices",
            "choices_en",
            "required",
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        lines = [line for line in str(data.get("choices", "")).splitlines() if line.strip()]
        if data.get("kind") == AnswerKind.CHOICE and len(lines) < FEWEST_CHOICES:
            self.add_error("choices", _("Write two choices or more, one in each line."))
        if "kind" in self.changed_data and not self.instance._state.adding:
            try:
                refuse_answered(self.instance, str(_("Its kind cannot be changed.")))
            except Conflict as error:
                self.add_error("kind", error.message)
        return data


class PartFormSet(forms.BaseInlineFormSet[Any, Any, Any]):
    """Parts of a call. What an application answers is not deleted."""

    def clean(self) -> None:
        super().clean()
        for form in self.deleted_forms:
            row = form.instance
            if isinstance(row, CallQuestion) and not row._state.adding:
                try:
                    refuse_answered(row, str(_("It cannot be deleted.")))
                except Conflict as error:
                    raise ValidationError(error.message, code="answered") from error


class CallFileForm(forms.ModelForm[CallFile]):
    """A file for everyone, checked and written anew as every upload."""

    class Meta:
        model = CallFile
        fields = ("order", "title", "title_en", "file")
        widgets = {"file": forms.FileInput(attrs={"accept": ACCEPT})}

    def clean_file(self) -> Any:
        sent = self.cleaned_data["file"]
        if not isinstance(sent, UploadedFile):
            return sent
        document = document_clean(sent, str(sent.name or ""))
        self.instance.name = document.name
        self.instance.content_type = document.content_type
        self.instance.size = document.size
        with document.content as content:
            return ContentFile(content.read(), name=content.name)
