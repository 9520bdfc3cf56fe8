"""Making the bytes of a downlink with the codec of the device's model (TS013 ``encodeDownlink``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
from django.utils.translation import gettext as _

from apps.core.errors import Conflict, InvalidInput
from apps.devices.integrations.codec import CodecRunner, EncodedOutput
from apps.devices.models import Device
from apps.devices.selectors.downlinks import encoding_codec

#: Characters of the object as JSON.
LONGEST_VALUE = 4000


@dataclass(frozen=True)
class Encoded:
    """What would be sent: bytes, port, and what the codec warns of."""

    data: bytes
    f_port: int
    warnings: list[str] = field(default_factory=list)


def downlink_encode(*, device: Device, value: dict[str, Any], f_port: int | None = None) -> Encoded:
    """The bytes that the codec of ``device`` makes of ``value``. The port is the codec's, else ``f_port``.

    Runs the codec in its child (up to a second and its start); call it outside a transaction. Raises
    ``Conflict`` (``no_encoder``) and ``InvalidInput`` by field (``value``, ``f_port``).
    """
    _check_value(value)
    codec = encoding_codec(device)
    if codec is None:
        text = _("The codec of this model cannot make downlinks. Write the bytes yourself.")
        raise Conflict(text, code="no_encoder")
    with CodecRunner() as runner:
        output = runner.encode(str(codec.pk), codec.script, value)
    if output.failure:
        _refuse("value", _words(output))
    if not output.bytes:
        _refuse("value", _("The codec made no bytes of this."))
    port = output.f_port or f_port
    if port is None:
        _refuse("f_port", _("The codec names no port. Give one from 1 to 223."))
    return Encoded(output.bytes, int(port or 0), output.warnings)


def _check_value(value: dict[str, Any]) -> None:
    """What neither the codec's process nor PostgreSQL can hold is refused in words."""
    try:
        text = orjson.dumps([[[[value]]]])
    except orjson.JSONEncodeError:
        text = b"\\u0000"
    if b"\\u0000" in text or len(text) > LONGEST_VALUE:
        _refuse("value", _("This object is too long, too deep, or holds signs that cannot be sent."))


def _words(output: EncodedOutput) -> str:
    if output.failure in ("timeout", "killed", "resting"):
        return _("The codec took too long and was stopped.")
    if output.failure == "error":
        return _("The codec refuses this: %(detail)s") % {"detail": output.detail}
    return _("The codec could not make bytes of this (%(failure)s). %(detail)s") % {
        "failure": output.failure,
        "detail": output.detail,
    }


def _refuse(field_name: str, text: str) -> None:
    raise InvalidInput(_("Some values cannot be accepted."), fields={field_name: [text]})
