"""Forms of what is sent to a device: an object for its codec, or bytes."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Any

import orjson
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.errors import DomainError
from apps.core.forms import Refusable
from apps.devices.domain.downlink_encoding import LONGEST_VALUE, Encoded, downlink_encode
from apps.devices.models import Device
from apps.devices.rules.downlinks import PORTS, bytes_of_base64, bytes_of_hex

WAITS = (
    ("1", _("1 hour")),
    ("6", _("6 hours")),
    ("24", _("1 day")),
    ("72", _("3 days")),
    ("168", _("7 days")),
)
_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "mono"}


class DownlinkForm(Refusable):
    """What both ways share. ``encoded`` is set by ``make``."""

    f_port = forms.IntegerField(label=_("Port"), min_value=PORTS[0], max_value=PORTS[1])
    confirmed = forms.BooleanField(
        label=_("Ask the device to acknowledge"),
        required=False,
        help_text=_("It then answers with its next uplink. That takes more of the air and of its battery."),
    )
    wait = forms.ChoiceField(
        label=_("Give up after"),
        choices=WAITS,
        initial="24",
        help_text=_("If the device has not listened by then, nothing is sent."),
    )
    encoded: Encoded | None = None
    source: dict[str, Any] | None = None

    def expires_at(self, now: datetime) -> datetime:
        return now + timedelta(hours=int(self.cleaned_data["wait"]))

    def make(self, device: Device) -> Encoded | None:
        """What would be sent to ``device``; None when something is wrong, which the form then says."""
        if not self.is_valid():
            return None
        try:
            self.encoded = self._make(device)
        except DomainError as error:
            self.refuse(error)
        return self.encoded

    @abstractmethod
    def _make(self, device: Device) -> Encoded:
        """What the cleaned form says, as bytes and port; raises ``DomainError``."""


class BytesForm(DownlinkForm):
    """Bytes as the maker's papers name them."""

    notation = forms.ChoiceField(
        label=_("Written as"),
        choices=(("hex", pgettext_lazy("bytes", "hexadecimal")), ("base64", "base64")),
        initial="hex",
        widget=forms.RadioSelect,
    )
    payload = forms.CharField(
        label=_("Bytes"),
        max_length=1000,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("For example 01 FF. Spaces do not matter. At the slowest data rate 11 bytes fit."),
    )
    field_order = ("notation", "payload", "f_port", "confirmed", "wait")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "payload" in values:
            read = bytes_of_base64 if values.get("notation") == "base64" else bytes_of_hex
            try:
                values["data"] = read(values["payload"])
            except ValidationError as error:
                self.add_error("payload", error)
        return values

    def _make(self, device: Device) -> Encoded:
        return Encoded(self.cleaned_data["data"], self.cleaned_data["f_port"])


class ObjectForm(DownlinkForm):
    """An object that the model's codec makes bytes of."""

    value = forms.CharField(
        label=_("What the device is to do"),
        max_length=LONGEST_VALUE,
        widget=forms.Textarea(attrs={**_PLAIN, "rows": 4}),
        help_text=_("An object in JSON, as the codec of this model understands it."),
    )
    field_order = ("value", "f_port", "confirmed", "wait")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["f_port"].required = False
        self.fields["f_port"].help_text = _("Empty: the one that the codec names.")

    def clean_value(self) -> dict[str, Any]:
        try:
            value = orjson.loads(self.cleaned_data["value"])
        except orjson.JSONDecodeError as error:
            raise ValidationError(_text("This is not JSON: %(error)s") % {"error": error}) from None
        if not isinstance(value, dict):
            raise ValidationError(_text('Give an object in braces, for example {"lamp": "on"}.'))
        return value

    def _make(self, device: Device) -> Encoded:
        value = self.cleaned_data["value"]
        self.source = value
        return downlink_encode(device=device, value=value, f_port=self.cleaned_data.get("f_port"))
