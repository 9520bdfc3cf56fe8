"""What the API takes to register and change devices. Root keys go in and never come out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.core.api import KnownFieldsOnly
from apps.core.errors import InvalidInput
from apps.devices.domain import Keys
from apps.devices.models import DeviceModel
from apps.devices.rules.tr005 import MOST_CHARACTERS, read_label
from apps.devices.selectors.registering import model_of_label


def _owner(part: serializers.Field[Any, Any, Any, Any]) -> uuid.UUID | None:
    """The organization of the key; None while the schema is drawn."""
    found: uuid.UUID | None = part.context.get("organization")
    return found


class _ModelField(serializers.PrimaryKeyRelatedField[DeviceModel]):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=DeviceModel.objects.of_city(),
            pk_field=serializers.UUIDField(),
            allow_null=True,
            **kwargs,
        )

    def get_queryset(self) -> QuerySet[DeviceModel]:
        """The city's and those of the key's organization."""
        return DeviceModel.objects.usable_by(_owner(self))


class _Text(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_blank=True, **kwargs)


class _Key(serializers.CharField):
    """An identifier or key as typed; the domain brings it into one form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)


class AboutSerializer(KnownFieldsOnly):
    """What describes a device. ``model``: its id in ``/device-models``."""

    name = serializers.CharField(max_length=80)
    model = _ModelField(required=False)
    place_name = _Text(max_length=200)
    latitude = serializers.FloatField(required=False, allow_null=True, min_value=-85, max_value=85)
    longitude = serializers.FloatField(required=False, allow_null=True, min_value=-180, max_value=180)
    uplink_interval = serializers.IntegerField(required=False, min_value=1, max_value=31 * 86400)
    serial_number = _Text(max_length=64)
    conformity_number = _Text(max_length=40)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        latitude, longitude = attrs.pop("latitude", None), attrs.pop("longitude", None)
        if (latitude is None) != (longitude is None):
            missing = "latitude" if latitude is None else "longitude"
            raise serializers.ValidationError({missing: _("Give both latitude and longitude, or neither.")})
        sent = {"latitude", "longitude"} & set(self.initial_data)
        if latitude is not None and longitude is not None:
            attrs["place"] = Point(longitude, latitude, srid=4326)
        elif sent:
            attrs["place"] = None
        return attrs


class KeysSerializer(KnownFieldsOnly):
    """``nwk_key`` is for LoRaWAN 1.1 only; with an older version the one key is ``app_key``."""

    join_eui = _Key()
    app_key = _Key(write_only=True)
    nwk_key = _Key(write_only=True, required=False, allow_blank=True)


class _LabelMixin(KnownFieldsOnly):
    """``qr``: the text of the label (TR005) gives what is not sent: DevEUI, JoinEUI, model, serial number."""

    qr = serializers.CharField(required=False, max_length=MOST_CHARACTERS)
    dev_eui = _Key()

    def to_internal_value(self, data: Any) -> Any:
        text = data.get("qr") if isinstance(data, Mapping) else None
        if isinstance(text, str) and text:
            data = {**_told(text, _owner(self)), **data}
        values = super().to_internal_value(data)
        values.pop("qr", None)
        return values


def _told(text: str, organization: uuid.UUID | None) -> dict[str, Any]:
    try:
        label = read_label(text)
    except ValidationError as error:
        raise serializers.ValidationError({"qr": error.messages}) from None
    model = model_of_label(label.profile_id, organization)
    told: dict[str, Any] = {"dev_eui": label.dev_eui, "join_eui": label.join_eui}
    told |= {"model": str(model.pk)} if model else {}
    return told | ({"serial_number": label.serial_number} if label.serial_number else {})


_NEW = {
    "trial": "2026-015",
    "name": "WL-03",
    "dev_eui": "70B3D57ED0060003",
    "join_eui": "0000000000000000",
    "app_key": "8F3C2A1B9D4E5F60718293A4B5C6D7E8",
    "place_name": "井田川 放水口",
    "latitude": 36.7012,
    "longitude": 137.2137,
}


@extend_schema_serializer(examples=[OpenApiExample("A device", value=_NEW)])
class NewDeviceSerializer(_LabelMixin, KeysSerializer, AboutSerializer):
    """A device to register; ``trial`` is the trial's number."""

    trial = serializers.CharField(max_length=20)


class ChangesSerializer(AboutSerializer):
    """What is to change; what is not sent stays."""


class ReplacementSerializer(_LabelMixin, KeysSerializer):
    """Other hardware in the place of a device. Without ``model`` it is the same as before."""

    model = _ModelField(required=False)
    serial_number = _Text(max_length=64)
    conformity_number = _Text(max_length=40)

    def keys(self) -> Keys:
        """The identifiers and keys as sent."""
        names = ("dev_eui", "join_eui", "app_key", "nwk_key")
        return Keys(**{name: self.validated_data.pop(name, "") for name in names})


class MoveSerializer(KnownFieldsOnly):
    """The trial (its number) that the device goes to."""

    trial = serializers.CharField(max_length=20)


def checked(serializer: serializers.Serializer[Any], data: Any) -> None:
    """Raise ``InvalidInput`` in words when the body is no JSON object."""
    if not isinstance(data, Mapping):
        raise InvalidInput(_("Send a JSON object."), fields={"": [_("Send a JSON object.")]})
    serializer.is_valid(raise_exception=True)
