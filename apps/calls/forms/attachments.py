"""Choosing files; what they are is decided by their content, in the domain."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.documents import ACCEPT


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once: a list."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Empty files are refused in the domain, in its words."""
        given = [item for item in (data if isinstance(data, list | tuple) else [data]) if item]
        if not given:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return given


class AttachmentForm(forms.Form):
    chosen = FilesField(
        label=_("Files"),
        widget=FilesInput(attrs={"accept": ACCEPT}),
        allow_empty_file=True,
        error_messages={"required": _("Please choose a file first.")},
        help_text=_(
            "Up to 5 files, 20 MB each: PDF, PNG, JPEG, WebP, docx, xlsx, pptx, odt, ods, odp. "
            "You can choose several at once."
        ),
    )
