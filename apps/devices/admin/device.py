"""Devices, models and codecs in the admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.devices.admin.workbench import Workbench
from apps.devices.domain import device_model_save, example_delete, example_save
from apps.devices.forms.codec import ExampleForm
from apps.devices.models import CodecExample, CodecVersion, Device, DeviceModel
from apps.devices.selectors import newest_codec


@admin.register(DeviceModel)
class DeviceModelAdmin(Workbench):
    list_display = ("maker", "name", "uplink_interval", "codec_version")
    search_fields = ("maker", "name")
    change_form_template = "admin/devices/devicemodel/change_form.html"
    fields: ClassVar = (
        "maker",
        "name",
        ("lorawan_version", "region", "device_class"),
        "uplink_interval",
        "profile_ids",
        "fields",
    )

    @admin.display(description=_("codec"))
    def codec_version(self, model: DeviceModel) -> str:
        codec = newest_codec(model)
        return f"v{codec.version}" if codec else "—"

    def save_model(self, request: HttpRequest, obj: DeviceModel, form: Any, change: bool) -> None:
        device_model_save(model=obj, actor=request.user)  # type: ignore[arg-type]


@admin.register(CodecExample)
class CodecExampleAdmin(admin.ModelAdmin[CodecExample]):
    """Examples by hand; the workbench keeps what it shows as one, too."""

    form = ExampleForm
    actions = None
    list_display = ("name", "model", "direction", "f_port", "payload")
    list_filter = ("model",)
    list_select_related = ("model",)

    def save_model(self, request: HttpRequest, obj: CodecExample, form: Any, change: bool) -> None:
        example_save(example=obj, actor=request.user)  # type: ignore[arg-type]

    def delete_model(self, request: HttpRequest, obj: CodecExample) -> None:
        example_delete(example=obj, actor=request.user)  # type: ignore[arg-type]


class ReadOnly:
    """Looking only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CodecVersion)
class CodecVersionAdmin(ReadOnly, admin.ModelAdmin[CodecVersion]):
    """Versions never change."""

    list_display = ("model", "version", "state", "note", "created_at")
    list_filter = ("state",)
    list_select_related = ("model",)
    fields = ("model", "version", "state", "stopped_at", "fault", "note", "created_at", "script")


@admin.register(Device)
class DeviceAdmin(ReadOnly, admin.ModelAdmin[Device]):
    list_display = ("name", "dev_eui", "organization", "trial", "model", "state")
    list_filter = ("state", "model")
    search_fields = ("name", "dev_eui", "organization__name", "trial__code")
    list_select_related = ("organization", "trial", "model")
    fields: ClassVar[tuple[str, ...]] = (
        "name",
        "dev_eui",
        "join_eui",
        "organization",
        "trial",
        "model",
        "place_name",
        "state",
        "uplink_interval",
        "registered_by",
        "created_at",
    )
