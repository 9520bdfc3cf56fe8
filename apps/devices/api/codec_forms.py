"""What the API tells of codecs and takes for them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.core.api import ChosenFields, KnownFieldsOnly
from apps.devices.domain.codec_examples import ExampleResult
from apps.devices.domain.codec_trial import CALLS, Tried
from apps.devices.enums import CodecState, Direction
from apps.devices.integrations.codec import EncodedOutput
from apps.devices.models import CodecVersion
from apps.devices.rules.codec_words import failure_words, fault_words
from apps.devices.rules.codecs import SCRIPT_MOST, clean_script, payload_of

SCRIPT = (
    "function decodeUplink(input) {\n  return { data: { level: ((input.bytes[0] << 8) | input.bytes[1])"
    " / 100 } };\n}\n"
)
CODEC: dict[str, Any] = {
    "version": 3,
    "state": "active",
    "decodes": True,
    "note": "水位を cm で",
    "fault": "",
    "stopped_at": None,
    "published_at": "2026-11-20T10:00:00+09:00",
}
CODEC_EXAMPLE: dict[str, Any] = {
    "id": "9d8f2f0e-0d0b-4c55-9a7e-5a2f4d1c3b90",
    "name": "3 m",
    "direction": "up",
    "f_port": 1,
    "payload_hex": "012c",
    "expected": {"data": {"level": 3}, "warnings": []},
    "created_at": "2026-11-20T10:00:00+09:00",
}
_HEX = re.compile(r"[0-9a-fA-FxX\\\s:,;-]*")
_PAYLOAD_MOST = 1000


@extend_schema_serializer(examples=[OpenApiExample("A version", value=CODEC)])
class CodecSerializer(ChosenFields):
    """A version never changes. ``decodes``: it is the one in use, the highest that is not ``withdrawn``; a
    ``quarantined`` one held up the others and is not run, ``fault`` says how."""

    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=CodecState.choices)
    decodes = serializers.BooleanField()
    note = serializers.CharField(allow_blank=True)
    fault = serializers.SerializerMethodField()
    stopped_at = serializers.DateTimeField(allow_null=True)
    published_at = serializers.DateTimeField(source="created_at")

    def get_fault(self, codec: CodecVersion) -> str:
        return fault_words(codec.fault)


@extend_schema_serializer(examples=[OpenApiExample("With its text", value={**CODEC, "script": SCRIPT})])
class WholeCodecSerializer(CodecSerializer):
    """With its text."""

    script = serializers.CharField()


class ScriptField(serializers.CharField):
    """A codec's text, with the line ends of Unix."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=SCRIPT_MOST, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        try:
            return clean_script(super().to_internal_value(data))
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None


class NewCodecSerializer(KnownFieldsOnly):
    """A new version. ``note``: what is new in it."""

    script = ScriptField()
    note = serializers.CharField(required=False, allow_blank=True, max_length=200)


class CheckSerializer(KnownFieldsOnly):
    """A text that is no version yet."""

    script = ScriptField()


class PayloadMixin(KnownFieldsOnly):
    """``payload_hex`` or ``payload_base64``: bytes, at most 242; none at all may be tried, too."""

    payload_hex = serializers.CharField(required=False, allow_blank=True, max_length=_PAYLOAD_MOST)
    payload_base64 = serializers.CharField(required=False, allow_blank=True, max_length=_PAYLOAD_MOST)

    def validate_payload_hex(self, text: str) -> bytes:
        if not _HEX.fullmatch(text):
            raise ValidationError(_("Write the bytes in hexadecimal: digits 0–9 and A–F."))
        return payload_of(text)

    def validate_payload_base64(self, text: str) -> bytes:
        try:
            return payload_of(base64.b64decode(text.encode("ascii"), validate=True).hex())
        except (binascii.Error, UnicodeEncodeError):
            raise ValidationError(_("This is not base64.")) from None

    @staticmethod
    def one_of(attrs: dict[str, Any], ways: tuple[str, ...]) -> Any:
        """What was given in one of ``ways``; they are taken out."""
        given = [attrs.pop(name) for name in ways if name in attrs]
        if len(given) != 1:
            words = _("Give one of: %(values)s.") % {"values": ", ".join(ways)}
            raise serializers.ValidationError(words)
        return given[0]


class TrySerializer(PayloadMixin):
    """``script``: left out, the version that decodes is tried. ``object`` is for ``encodeDownlink``, the
    bytes are for the two others."""

    script = ScriptField(required=False)
    call = serializers.ChoiceField(choices=CALLS, default=CALLS[0])
    object = serializers.DictField(required=False)
    f_port = serializers.IntegerField(default=1, min_value=0, max_value=255)

    WAYS: ClassVar = ("payload_hex", "payload_base64")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        down = attrs["call"] == "encodeDownlink"
        other = next((name for name in ("payload_hex", "payload_base64") if name in attrs), "")
        wrong = other if down else "object" if "object" in attrs else ""
        if wrong:
            raise serializers.ValidationError({wrong: _("This function does not take it.")})
        attrs["given"] = self.one_of(attrs, ("object",) if down else self.WAYS)
        return attrs


_TRIED: dict[str, Any] = {
    "call": "decodeUplink",
    "values": {"level": 3},
    "payload_hex": None,
    "f_port": None,
    "warnings": [],
    "failure": "",
    "text": "",
    "detail": "",
    "ms": 0.4,
}


@extend_schema_serializer(examples=[OpenApiExample("It decodes", value=_TRIED)])
class TriedSerializer(serializers.Serializer[Tried]):
    """What came out: ``values`` of the decoding functions; ``payload_hex`` and ``f_port`` of
    ``encodeDownlink``. ``failure`` is empty, or the word that says why nothing came; ``text`` says it for
    people, ``detail`` is what the codec said. ``ms``: of CPU."""

    call = serializers.ChoiceField(choices=CALLS)
    values = serializers.JSONField(allow_null=True)
    payload_hex = serializers.CharField(allow_null=True)
    f_port = serializers.IntegerField(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField())
    failure = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True)
    ms = serializers.FloatField(allow_null=True)

    def to_representation(self, instance: Tried) -> dict[str, Any]:
        output = instance.output
        told: dict[str, Any] = {"call": instance.call, "values": None, "payload_hex": None, "f_port": None}
        if isinstance(output, EncodedOutput):
            if not output.failure:
                told |= {"payload_hex": output.bytes.hex(), "f_port": output.f_port}
        else:
            told["values"] = output.values
        told |= {"warnings": output.warnings, "failure": output.failure}
        words = instance.words if output.failure else ""
        return {**told, "text": words, "detail": output.detail, "ms": output.ms}


@extend_schema_serializer(examples=[OpenApiExample("An example", value=CODEC_EXAMPLE)])
class CodecExampleSerializer(ChosenFields):
    """A payload and what it must decode to. With ``direction`` ``down`` ``expected.data`` is what goes into
    ``encodeDownlink``, of which payload and port must come."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    f_port = serializers.IntegerField()
    payload_hex = serializers.CharField(source="payload", allow_blank=True)
    expected = serializers.JSONField()
    created_at = serializers.DateTimeField()


class NewExampleSerializer(PayloadMixin):
    """``expected``: `{"data": {…}, "warnings": []}`, or `{"fails": true}` when the codec must refuse it. With
    ``direction`` ``down``: `{"data": {…}}`, the input of ``encodeDownlink``."""

    name = serializers.CharField(max_length=100)
    direction = serializers.ChoiceField(choices=Direction.choices, default=Direction.UP)
    f_port = serializers.IntegerField(default=1, min_value=0, max_value=255)
    expected = serializers.DictField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        expected, down = attrs["expected"], attrs["direction"] == Direction.DOWN
        if not isinstance(expected.get("data"), dict) and (down or expected.get("fails") is not True):
            raise serializers.ValidationError({"expected": _("An object with “data” is needed.")})
        attrs["payload"] = self.one_of(attrs, ("payload_hex", "payload_base64")).hex()
        return attrs


class DifferenceSerializer(serializers.Serializer[Any]):
    """``missing``: it should be there and is not; ``surplus``: nobody expected it."""

    path = serializers.CharField()
    expected = serializers.JSONField(allow_null=True)
    got = serializers.JSONField(allow_null=True)
    missing = serializers.BooleanField()
    surplus = serializers.BooleanField()


class ExampleResultSerializer(serializers.Serializer[ExampleResult]):
    """What the text made of an example; ``failure`` and ``text`` as when it is tried."""

    id = serializers.UUIDField(source="example.pk")
    name = serializers.CharField(source="example.name")
    passed = serializers.BooleanField()
    failure = serializers.CharField(source="output.failure", allow_blank=True)
    text = serializers.SerializerMethodField()
    detail = serializers.CharField(source="output.detail", allow_blank=True)
    differences = DifferenceSerializer(many=True)

    def get_text(self, result: ExampleResult) -> str:
        return failure_words(result.output.failure) if result.output.failure else ""


CHECKED: dict[str, Any] = {
    "passed": False,
    "results": [
        {
            "id": CODEC_EXAMPLE["id"],
            "name": "3 m",
            "passed": False,
            "failure": "",
            "text": "",
            "detail": "",
            "differences": [
                {"path": "data.level", "expected": 3, "got": 300, "missing": False, "surplus": False}
            ],
        }
    ],
}


@extend_schema_serializer(examples=[OpenApiExample("One example is not met", value=CHECKED)])
class CheckedSerializer(serializers.Serializer[Any]):
    """``passed``: a new version with this text agrees with every example."""

    passed = serializers.BooleanField()
    results = ExampleResultSerializer(many=True)
