"""Forms of one device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from apps.core.forms import Refusable
from apps.core.text import clean_line
from apps.devices.domain import Keys
from apps.devices.enums import LorawanVersion
from apps.devices.models import DeviceModel
from apps.devices.rules import clean_app_key, clean_dev_eui, clean_join_eui, clean_nwk_key
from apps.devices.rules.tr005 import MOST_CHARACTERS, Label, read_label
from apps.devices.selectors.registering import model_of_label, usable_models
from apps.organizations.models import Organization
from apps.trials.models import Trial

_CODE = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "mono"}


class WriteOnlyInput(forms.TextInput):
    """An input whose value never goes back to the page."""

    def format_value(self, value: Any) -> None:
        return None


class HexField(forms.CharField):
    """An identifier in hexadecimal digits, typed as on the label."""

    def __init__(self, *, cleaner: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)
        self.cleaner = cleaner

    @sensitive_variables("value", "text")
    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return self.cleaner(text) if text else ""


class ModelField(forms.ModelChoiceField[DeviceModel]):
    """A model of the list; the page knows which of them speak LoRaWAN 1.1 (``data-two-keys``)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=DeviceModel.objects.none(), required=False, **kwargs)

    def load(self, organization: Organization) -> None:
        """The models that a device of ``organization`` can have, as they are now; its own, if it has any,
        stand in a group before the city's."""
        self.queryset = DeviceModel.objects.usable_by(organization)
        groups = usable_models(organization)
        models = [model for _heading, rows in groups for model in rows]
        named = [(heading, [(str(model.pk), str(model)) for model in rows]) for heading, rows in groups]
        has_own = any(model.organization_id is not None for model in models)
        flat = [row for _heading, rows in named for row in rows]
        self.choices = [("", self.empty_label or ""), *(named if has_own else flat)]
        two = [str(model.pk) for model in models if model.lorawan_version == LorawanVersion.V1_1]
        self.widget.attrs["data-two-keys"] = " ".join(two)


class KeysMixin(forms.Form):
    """JoinEUI and root keys; the keys are only written."""

    join_eui = HexField(
        label="JoinEUI",
        cleaner=clean_join_eui,
        widget=forms.TextInput(attrs=_CODE),
        help_text=_("16 digits. Some makers call it AppEUI."),
    )
    app_key = HexField(
        label="AppKey",
        cleaner=clean_app_key,
        widget=WriteOnlyInput(attrs=_CODE),
        help_text=_("32 digits. It is kept encrypted and shown to nobody again."),
    )
    nwk_key = HexField(
        label="NwkKey",
        cleaner=clean_nwk_key,
        required=False,
        widget=WriteOnlyInput(attrs=_CODE),
        help_text=_("32 digits. Only devices of LoRaWAN 1.1 have one; leave it empty for all others."),
    )

    @property
    def asks_two_keys(self) -> bool:
        """Whether the second key is shown unfolded: the model needs it, or it has a fault."""
        field: Any = self.fields.get("model")
        chosen = str(self["model"].value() or "") if field else ""
        needs = bool(chosen) and chosen in field.widget.attrs.get("data-two-keys", "").split()
        return needs or "nwk_key" in self.errors

    @sensitive_variables()
    def key_values(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("join_eui", "app_key", "nwk_key")}


class DeviceSettingsForm(Refusable):
    """What can be changed later: name, model, numbers, place."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("As you call it on site, for example WL-03 weir.")
    )
    model = ModelField(
        label=_("Model"),
        empty_label=_("Not in the list, or not sure"),
        help_text=_("With a known model the data is decoded at once. It can be chosen later too."),
    )
    serial_number = forms.CharField(label=_("Serial number"), max_length=64, required=False)
    conformity_number = forms.CharField(
        label=_("Technical conformity number"),
        max_length=40,
        required=False,
        help_text=_("Beside the radio mark on the device or in its papers, for example 001-A12345."),
    )
    place_name = forms.CharField(label=_("Place"), max_length=200, required=False)
    latitude = forms.FloatField(label=_("Latitude"), min_value=-85, max_value=85, required=False)
    longitude = forms.FloatField(label=_("Longitude"), min_value=-180, max_value=180, required=False)

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].load(organization)  # type: ignore[attr-defined]
        for name in ("latitude", "longitude"):
            self.fields[name].widget.attrs["step"] = "any"

    def clean_name(self) -> str:
        name = clean_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Give the device a name of up to 80 characters."))
        return name

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        latitude, longitude = values.get("latitude"), values.get("longitude")
        if (latitude is None) != (longitude is None) and not {"latitude", "longitude"} & set(self.errors):
            missing = "latitude" if latitude is None else "longitude"
            self.add_error(missing, _("Give both latitude and longitude, or neither."))
        known = latitude is not None and longitude is not None
        values["place"] = Point(longitude, latitude, srid=4326) if known else None
        return values

    #: The map beside the fields reads the place from them.
    place_map: ClassVar[dict[str, Any]] = {"markers": []}

    def values(self) -> dict[str, Any]:
        """The cleaned values under the names of the domain."""
        names = ("name", "model", "serial_number", "conformity_number", "place_name", "place")
        return {name: self.cleaned_data[name] for name in names}


class DeviceForm(KeysMixin, DeviceSettingsForm):
    """Registering one device."""

    dev_eui = HexField(
        label="DevEUI",
        cleaner=clean_dev_eui,
        widget=forms.TextInput(attrs=_CODE),
        help_text=_("On the label of the device: 16 digits of 0–9 and A–F."),
    )

    @sensitive_variables()
    def values(self) -> dict[str, Any]:
        return {**super().values(), "dev_eui": self.cleaned_data["dev_eui"], **self.key_values()}


class LabelForm(forms.Form):
    """The QR text of a label; it fills the form of a device."""

    qr = forms.CharField(
        label=_("QR text of the label"),
        max_length=MOST_CHARACTERS,
        widget=forms.TextInput(attrs={**_CODE, "placeholder": "LW:D0:…"}),
        help_text=_("It begins with LW:D0. The key is never in it."),
    )
    label: Label | None = None

    def clean_qr(self) -> str:
        text: str = self.cleaned_data["qr"]
        self.label = read_label(text)
        return text


def told_by_label(label: Label, organization: Organization) -> dict[str, Any]:
    """What the form of a device can take from a label; the model when only one has its profile."""
    model = model_of_label(label.profile_id, organization)
    told = {"dev_eui": label.dev_eui.upper(), "join_eui": label.join_eui.upper()}
    if label.serial_number:
        told["serial_number"] = label.serial_number
    return {**told, "model": str(model.pk)} if model else told


def with_label(data: Mapping[str, Any], organization: Organization) -> dict[str, Any]:
    """What was sent, completed by a QR text that was pasted but not read; no such text changes nothing."""
    values = {name: data.get(name, "") for name in data}
    if values.get("qr") and not values.get("dev_eui"):
        try:
            told = told_by_label(read_label(values["qr"]), organization)
        except ValidationError:
            return values
        values |= {name: text for name, text in told.items() if not values.get(name)}
    return values


class RekeyForm(KeysMixin, Refusable):
    """The keys of a device again. ``two_keys``: it has a NwkKey already."""

    field_order = ("join_eui", "app_key", "nwk_key")

    def __init__(self, *args: Any, two_keys: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.two_keys = two_keys

    @property
    def asks_two_keys(self) -> bool:
        return self.two_keys or "nwk_key" in self.errors


class ReplaceForm(KeysMixin, Refusable):
    """Other hardware in the place of a device."""

    dev_eui = HexField(
        label="DevEUI",
        cleaner=clean_dev_eui,
        widget=forms.TextInput(attrs=_CODE),
        help_text=_("On the label of the new device: 16 digits of 0–9 and A–F."),
    )
    model = ModelField(label=_("Model"), empty_label=_("The same as before"))
    serial_number = forms.CharField(label=_("Serial number"), max_length=64, required=False)
    conformity_number = forms.CharField(label=_("Technical conformity number"), max_length=40, required=False)

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].load(organization)  # type: ignore[attr-defined]

    @sensitive_variables()
    def values(self) -> dict[str, Any]:
        """The cleaned values under the names of the domain."""
        keys = Keys(dev_eui=self.cleaned_data["dev_eui"], **self.key_values())
        more = {name: self.cleaned_data[name] for name in ("model", "serial_number", "conformity_number")}
        return {"keys": keys, **more}


class TrialField(forms.ModelChoiceField[Trial]):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.code} {obj.title}"


class MoveForm(Refusable):
    """To which trial a device moves."""

    trial = TrialField(
        label=_("To which trial"),
        queryset=Trial.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Choose the trial."), "invalid_choice": _("Choose the trial.")},
    )

    def __init__(self, *args: Any, trials: QuerySet[Trial], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["trial"].queryset = trials  # type: ignore[attr-defined]
