"""The codec workbench and its examples."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.errors import DomainError
from apps.core.forms import Refusable
from apps.devices.domain.codec_trial import CALLS
from apps.devices.enums import Direction
from apps.devices.models import CodecExample
from apps.devices.rules.codecs import SCRIPT_MOST, clean_script, payload_of

_PLAIN = {"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}
_INPUT_MOST = 4000


class CodecForm(Refusable):
    """A codec's text, and what to try it with. ``given`` of the cleaned data: bytes, or an object."""

    script = forms.CharField(
        label=_("Codec (JavaScript, TS013)"),
        strip=False,
        max_length=SCRIPT_MOST + 2000,
        widget=forms.Textarea(attrs={"rows": 22, "class": "mono", "wrap": "off", **_PLAIN}),
    )
    note = forms.CharField(label=_("What is new"), required=False, max_length=200)
    call = forms.ChoiceField(label=_("Function"), choices=[(name, name) for name in CALLS], required=False)
    f_port = forms.IntegerField(label=_("Port"), min_value=0, max_value=255, required=False, initial=1)
    payload = forms.CharField(
        label=_("Payload"),
        required=False,
        max_length=_INPUT_MOST,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", **_PLAIN}),
        help_text=_("Hexadecimal or base64, such as 01 2C 00. For encodeDownlink an object as JSON."),
    )
    name = forms.CharField(label=_("Name of the example"), required=False, max_length=100)

    def clean_script(self) -> str:
        return clean_script(self.cleaned_data["script"])

    def clean_f_port(self) -> int:
        port = self.cleaned_data["f_port"]
        return 1 if port is None else int(port)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["call"] = cleaned.get("call") or CALLS[0]
        try:
            cleaned["given"] = _given(cleaned["call"], cleaned.get("payload", ""))
        except ValidationError as error:
            self.add_error("payload", error)
        return cleaned


def _given(call: str, text: str) -> bytes | dict[str, Any]:
    if call != "encodeDownlink":
        return payload_of(text)
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError as error:
        raise ValidationError(_("This is no JSON: %(fault)s"), params={"fault": str(error)}) from error
    if not isinstance(found, dict):
        raise ValidationError(_("An object is needed, such as {“lamp”: true}."))
    return found


class OwnExampleForm(forms.ModelForm[CodecExample]):
    """An example by hand, of a model that is known: what is expected before a codec can do it."""

    class Meta:
        model = CodecExample
        fields: ClassVar = ("name", "direction", "f_port", "payload", "expected")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["direction"].label = pgettext_lazy("codec", "Direction")
        self.fields["payload"].help_text = _("Hexadecimal or base64, such as 01 2C 00.")
        for name in ("payload", "expected"):
            self.fields[name].widget.attrs.update({"class": "mono", **_PLAIN})
        self.fields["expected"].help_text = _(
            "From the device: {“data”: {…}, “warnings”: […]}, or {“fails”: true} when the codec must refuse"
            " the payload. To the device: {“data”: {…}}, of which the payload is made."
        )

    def told(self, error: DomainError) -> None:
        """A refusal of the domain at its fields, or above the form."""
        for name, texts in getattr(error, "fields", {}).items():
            self.add_error(name if name in self.fields else None, texts)
        if not self.errors:
            self.add_error(None, error.message)

    def clean_payload(self) -> str:
        return payload_of(self.cleaned_data["payload"]).hex()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        expected, down = cleaned.get("expected"), cleaned.get("direction") == Direction.DOWN
        if expected is None:
            return cleaned
        if not isinstance(expected, dict) or not (
            isinstance(expected.get("data"), dict) or (expected.get("fails") is True and not down)
        ):
            self.add_error("expected", _("An object with “data” is needed."))
        return cleaned


class ExampleForm(OwnExampleForm):
    """The same with the model to choose."""

    class Meta:
        model = CodecExample
        fields: ClassVar = ("model", *OwnExampleForm.Meta.fields)
