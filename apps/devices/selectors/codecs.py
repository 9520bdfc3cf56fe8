"""Reading codecs: versions and examples of a model, what waits for staff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.registry import WorkItem
from apps.devices.enums import CodecState
from apps.devices.models import CodecExample, CodecVersion, DeviceModel
from apps.devices.rules.codec_words import fault_words


@dataclass(frozen=True)
class Bench:
    """A model's codecs for the workbench. ``decoding``: the version that decodes now."""

    versions: list[CodecVersion]
    examples: list[CodecExample]
    decoding: CodecVersion | None


def bench_of(model: DeviceModel) -> Bench:
    """Two queries; the text of a version is read when it is asked for."""
    versions = list(CodecVersion.objects.filter(model=model).defer("script").order_by("-version"))
    standing = [codec for codec in versions if codec.state != CodecState.WITHDRAWN]
    examples = list(CodecExample.objects.filter(model=model))
    return Bench(versions, examples, standing[0] if standing else None)


def first_script(model: DeviceModel) -> str:
    """With which text the workbench begins: what decodes the model it stands on, else an empty function."""
    base = CodecVersion.objects.standing().filter(model=model.base_id).first() if model.base_id else None
    return base.script if base else _STARTER


_STARTER = """function decodeUplink(input) {
  // input.bytes: array of 0–255, input.fPort: number, input.recvTime: Date
  return {
    data: {},
    warnings: [],
  };
}
"""


def stopped_codecs(user: Any) -> Iterator[WorkItem]:
    """The work queue: versions that would decode and are stopped."""
    if not user.has_perm("devices.change_devicemodel"):
        return
    newer = CodecVersion.objects.standing().filter(model=OuterRef("model"), version__gt=OuterRef("version"))
    stopped = CodecVersion.objects.filter(~Exists(newer), state=CodecState.QUARANTINED)
    for codec in stopped.select_related("model").order_by("stopped_at"):
        yield WorkItem(
            kind=_("Codec stopped"),
            title=str(codec),
            detail=_("It held up the others (%(fault)s). Its uplinks are kept undecoded.")
            % {"fault": fault_words(codec.fault) or "–"},
            url=reverse("admin:devices_devicemodel_codec", args=[codec.model_id]),
            action=_("Look at the codec"),
        )
