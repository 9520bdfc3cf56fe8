"""Forms of signing in and of the own profile."""

from __future__ import annotations

import unicodedata
from hmac import compare_digest
from typing import Any

from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.core import context
from allauth.core.internal import ratelimit
from django import forms
from django.conf import settings
from django.core.cache import caches
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.cache import FallbackCache
from apps.core.text import clean_code, clean_line

EMAIL_WIDGET = forms.EmailInput(
    attrs={"autocomplete": "email", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
)
TOO_MANY = _("Too many codes were asked for. Please wait ten minutes and try again.")


def may_ask(email: str) -> bool:
    """Whether this visitor may ask for a code for ``email`` now.

    While Redis is away the counts are kept in the database, empty at first: the stricter
    ``request_login_code_degraded`` holds as well.
    """
    app = "allauth.account"
    request = context.request
    allowed = ratelimit.consume(request, app=app, action="request_login_code", key=email)
    cache = caches["default"]
    if allowed and isinstance(cache, FallbackCache) and cache.degraded:
        allowed = ratelimit.consume(
            request,
            app=app,
            action="request_login_code_degraded",
            config=settings.DEGRADED_RATE_LIMITS,
            key=email,
        )
    return bool(allowed)


class AskCodeForm(forms.Form):
    """The address that the code goes to. Known and unknown addresses are treated alike."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254, widget=EMAIL_WIDGET)

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        if data is not None and "email" in data:
            data = data.copy()
            data["email"] = unicodedata.normalize("NFKC", clean_line(data["email"]))
        super().__init__(data, *args, **kwargs)

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if not may_ask(email):
            raise forms.ValidationError(TOO_MANY, code="rate_limited")
        return email


class CodeForm(forms.Form):
    """Six digits; full-width ones, spaces and hyphens are fine."""

    code = forms.CharField(
        label=_("Confirmation code"),
        max_length=40,
        help_text=_("The six digits in the mail."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": True,
                "maxlength": 12,
            }
        ),
        error_messages={"required": _("Enter the six digits in the mail.")},
    )

    def __init__(self, *args: Any, process: AbstractCodeVerificationProcess, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.process = process

    def clean_code(self) -> str:
        code = clean_code(self.cleaned_data["code"])
        if not self.process.code or not _same(code, self.process.code):
            raise forms.ValidationError(_("That is not the code."), code="incorrect_code")
        return code


def _same(typed: str, expected: str) -> bool:
    return compare_digest(typed.encode(), expected.encode())


class ProfileForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("name", "language")
        labels = {"name": _("Your name"), "language": _("Language of mails")}
        help_texts = {"name": _("Your colleagues and the city see it.")}
        widgets = {"language": forms.RadioSelect, "name": forms.TextInput(attrs={"autocomplete": "name"})}

    def clean_name(self) -> str:
        return clean_line(self.cleaned_data["name"])
