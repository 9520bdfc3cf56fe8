"""What the API tells of device models and takes for a company's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.core.api import ChosenFields, KnownFieldsOnly
from apps.core.errors import InvalidInput
from apps.devices.domain.fields import DECIMALS_MOST
from apps.devices.enums import CodecState
from apps.devices.models import DeviceModel

MODEL = "2c9d1f0a-5b1e-4f57-8a35-0c8a6d5e9b02"
BASE = "5a0e2c9e-53d4-4b8e-8d0a-3f2f5f0a9c11"
VALUES: dict[str, Any] = {
    "level": {"label": "水位", "label_en": "Level", "unit": "m", "decimals": 2, "order": 0}
}
OWN_MODEL: dict[str, Any] = {
    "id": MODEL,
    "maker": "みほん計測",
    "name": "浮き式水位計 F-1",
    "lorawan_version": "1.0.3",
    "region": "AS923",
    "device_class": "A",
    "profile_ids": ["05F50001"],
    "own": True,
    "base": BASE,
    "uplink_interval": 600,
    "values": VALUES,
    "codec": {"version": 3, "state": "active"},
}
#: How many profile ids a model's label may name.
PROFILES_MOST = 20
#: Numbers that can be kept.
_PLAIN: dict[str, Any] = {"min_value": -1e15, "max_value": 1e15}


class CodecInUseSerializer(serializers.Serializer[DeviceModel]):
    """The version of the codec that decodes; nothing is decoded while its ``state`` is ``quarantined``."""

    version = serializers.IntegerField(source="codec_version")
    state = serializers.ChoiceField(source="codec_state", choices=CodecState.choices)


@extend_schema_serializer(examples=[OpenApiExample("A model of one's own", value=OWN_MODEL)])
class ModelSerializer(ChosenFields):
    """A model that can be chosen. Devices of LoRaWAN 1.1 need two keys. ``own``: your organization's own;
    ``base``: the city's model that it stands on. ``uplink_interval``: seconds. ``values`` describes the
    decoded values by name. ``codec`` is null while there is none."""

    id = serializers.UUIDField()
    maker = serializers.CharField()
    name = serializers.CharField()
    lorawan_version = serializers.CharField()
    region = serializers.CharField()
    device_class = serializers.CharField()
    profile_ids = serializers.ListField(child=serializers.CharField())
    own = serializers.SerializerMethodField()
    base = serializers.UUIDField(source="base_id", allow_null=True)
    uplink_interval = serializers.IntegerField()
    # A field called "fields" would hide the serializer's own attribute.
    values = serializers.JSONField(source="fields")
    codec = serializers.SerializerMethodField()

    def get_own(self, model: DeviceModel) -> bool:
        return model.organization_id is not None

    @extend_schema_field(CodecInUseSerializer(allow_null=True))
    def get_codec(self, model: Any) -> dict[str, Any] | None:
        return CodecInUseSerializer(model).data if model.codec_version else None


class _AboutModel(KnownFieldsOnly):
    maker = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=100)
    uplink_interval = serializers.IntegerField(required=False, min_value=1, max_value=31 * 86400)
    profile_ids = serializers.ListField(
        child=serializers.RegexField(r"^[0-9A-Fa-f]{8}$"),
        required=False,
        max_length=PROFILES_MOST,
        help_text="From the QR text of the label.",
    )

    def validate_profile_ids(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(row.upper() for row in value))


class NewModelSerializer(_AboutModel):
    """A model of your own. ``base``: the id of the city's model with the same radio; LoRaWAN version, region
    and class come from it. ``uplink_interval``: seconds, 600 when it is left out."""

    base = serializers.PrimaryKeyRelatedField(
        queryset=DeviceModel.objects.of_city(), pk_field=serializers.UUIDField()
    )


class ModelChangesSerializer(_AboutModel):
    """What is to change; what is not sent stays. The model that it stands on stays always."""


class ValueSerializer(KnownFieldsOnly):
    """What a decoded value is called and how it is shown; ``low`` and ``high``: between which it is
    plausible. What is null or left out is not said."""

    label = serializers.CharField(required=False, allow_blank=True, max_length=40)  # type: ignore[assignment]
    label_en = serializers.CharField(required=False, allow_blank=True, max_length=40)
    unit = serializers.CharField(required=False, allow_blank=True, max_length=16)
    decimals = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=DECIMALS_MOST)
    low = serializers.FloatField(required=False, allow_null=True, **_PLAIN)
    high = serializers.FloatField(required=False, allow_null=True, **_PLAIN)
    order = serializers.IntegerField(
        required=False, min_value=0, max_value=1000, help_text="Left out: the order in which they are sent."
    )


class ValuesSerializer(KnownFieldsOnly):
    """All values by the names that the codec gives them; they take the place of what was said."""

    values = serializers.DictField(child=ValueSerializer())

    def rows(self) -> list[tuple[str, dict[str, Any]]]:
        """(name, parts) in their order."""
        given = list(self.validated_data["values"].items())
        places = {name: row.get("order", place) for place, (name, row) in enumerate(given)}
        return sorted(given, key=lambda item: places[item[0]])


@contextmanager
def places_of_values() -> Iterator[None]:
    """Refusals of the domain (``level.high``) as places in the body of ``ValuesSerializer``."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(
            error.message, fields={_place(name): texts for name, texts in error.fields.items()}
        ) from None


def _place(name: str) -> str:
    value, _dot, part = name.rpartition(".")
    parts = ["values", value, part] if value else ["values"]
    return "/".join(row.replace("~", "~0").replace("/", "~1") for row in parts)
