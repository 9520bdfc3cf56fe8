"""Examples of the schema that no serializer holds: what is sent, and the models."""

from __future__ import annotations

from apps.core.api import example
from apps.devices.api.codec_forms import CODEC, CODEC_EXAMPLE, SCRIPT
from apps.devices.api.model_forms import BASE, OWN_MODEL, VALUES

_DEVICE = "7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11"
_KEY = "8F3C2A1B9D4E5F60718293A4B5C6D7E8"

example("devices_list", "Devices of a trial", parameters={"trial": "2026-015", "limit": 50})
example("device_models_list", "A model", response=OWN_MODEL)
example(
    "device_models_create",
    "A model of one's own",
    request={
        "base": BASE,
        "maker": "みほん計測",
        "name": "浮き式水位計 F-1",
        "uplink_interval": 600,
        "profile_ids": ["05F50001"],
    },
)
example("device_models_change", "Another interval", request={"uplink_interval": 900})
example("device_models_values", "A level in metres", request={"values": VALUES})
example("codecs_create", "A level in metres", request={"script": SCRIPT, "note": "水位を cm で"})
example("codecs_create", "The version that decodes now", response={**CODEC, "script": SCRIPT}, status=201)
example("codecs_try", "A payload", request={"script": SCRIPT, "payload_hex": "012c", "f_port": 1})
example("codecs_check", "A text", request={"script": SCRIPT})
example(
    "codec_examples_create",
    "A level",
    request={name: CODEC_EXAMPLE[name] for name in ("name", "f_port", "payload_hex", "expected")},
)
example(
    "devices_change",
    "Another name and place",
    request={
        "name": "WL-03 放水口",
        "place_name": "井田川 放水口",
        "latitude": 36.7012,
        "longitude": 137.2137,
    },
    parameters={"id": _DEVICE},
)
example(
    "devices_keys",
    "Keys",
    request={"join_eui": "0000000000000000", "app_key": _KEY},
    parameters={"id": _DEVICE},
)
example(
    "devices_values", "Another name for the level", request={"values": {"level": {"label": "放水口の水位"}}}
)
example("devices_move", "Another trial", request={"trial": "2026-021"}, parameters={"id": _DEVICE})
example(
    "devices_replace",
    "Other hardware",
    request={
        "dev_eui": "70B3D57ED0060104",
        "join_eui": "0000000000000000",
        "app_key": _KEY,
        "serial_number": "A-2041",
    },
    parameters={"id": _DEVICE},
)
example("downlinks_create", "For the codec", request={"object": {"lamp": "on"}, "confirmed": True})
example("downlinks_create", "Bytes", request={"payload_hex": "01", "f_port": 10, "expires_in": 3600})
