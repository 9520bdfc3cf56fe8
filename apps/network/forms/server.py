"""A network server as staff enter it."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.network.domain.servers import TOKEN_GOES_BY, token_needed
from apps.network.models import NetworkServer
from apps.network.rules import clean_address, clean_token
from apps.network.selectors import kinds_offered


class ServerForm(forms.ModelForm[NetworkServer]):
    """The token is only written: the page never shows the one that is kept."""

    token = forms.CharField(
        label=pgettext_lazy("server", "Token"),
        required=False,
        max_length=4000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text=_(
            "Of the tenant, not of the whole server. Leave it empty to keep the one there is. "
            "With another address, TLS or certificate it must be entered again. Without one, The Things "
            "Stack only posts, and the portal makes no devices there."
        ),
    )
    deadline_s = forms.IntegerField(label=_("give up a call after (s)"), min_value=1, max_value=30, initial=5)

    class Meta:
        model = NetworkServer
        fields = ("name", "kind", "address", "use_tls", "ca_certificate", "tenant", "region", "deadline_s")
        widgets = {
            "ca_certificate": forms.Textarea(
                attrs={"rows": 6, "class": "vLargeTextField mono", "spellcheck": "false"}
            )
        }
        labels = {"address": pgettext_lazy("server", "Address")}
        help_texts = {
            "address": _(
                "Host and port, for example chirpstack.example.jp:8080, or thethings.example.jp:443 for "
                "The Things Stack."
            ),
            "tenant": _(
                "ChirpStack: the tenant’s id. The Things Stack: the organization’s id, or user:… for a "
                "user’s own; empty: whose the token is."
            ),
            "use_tls": _("Without TLS the token and the devices’ keys cross the network readable."),
            "ca_certificate": _(
                "PEM, only if the server’s certificate is signed by an authority of your own."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].choices = kinds_offered()  # type: ignore[attr-defined]

    def clean_address(self) -> str:
        return clean_address(self.cleaned_data["address"])

    def clean_token(self) -> str:
        return clean_token(self.cleaned_data["token"])

    def clean_ca_certificate(self) -> str:
        text = str(self.cleaned_data["ca_certificate"]).replace("\r\n", "\n").strip()
        if text:
            try:
                x509.load_pem_x509_certificates(text.encode())
            except ValueError:
                raise ValidationError(
                    gettext("This is no certificate in PEM form (-----BEGIN CERTIFICATE-----)."), code="pem"
                ) from None
        return text

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        complete = all(name in values for name in (*TOKEN_GOES_BY, "token"))
        before = None if self.instance._state.adding else self.instance
        if complete and not values["token"] and token_needed(before, values):
            self.add_error("token", gettext("Enter the token."))
        return values
