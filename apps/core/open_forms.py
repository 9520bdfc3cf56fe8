"""Forms that anyone may send without an account: a trap for programs, and who sent it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from apps.core.rates import rate_hit


def client_of(request: HttpRequest) -> str:
    """The address the request came from; the web server in front writes it into ``REMOTE_ADDR``."""
    return str(request.META.get("REMOTE_ADDR", ""))


class OpenForm(forms.Form):
    """Base of open forms. ``homepage`` is out of sight and stays empty unless a program fills it.

    ``rate`` = (name, how many, in how many seconds) for one address of the network.
    """

    rate = ("open-form", 20, 3600)
    homepage = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off", "class": "trap"}),
    )

    def __init__(self, *args: Any, client: str = "", **kwargs: Any) -> None:
        self.client = client
        super().__init__(*args, **kwargs)

    @property
    def trapped(self) -> bool:
        """A program filled it in: answer as if all were well and keep nothing."""
        return bool(self.cleaned_data.get("homepage"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        name, limit, seconds = self.rate
        if not self.errors and not rate_hit(name=name, who=self.client, limit=limit, seconds=seconds):
            text = _text("Too many were sent from here. Please try again in an hour; what you wrote is kept.")
            raise forms.ValidationError(text, code="rate_limited")
        return values
