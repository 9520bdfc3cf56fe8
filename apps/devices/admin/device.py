"""Devices, models and codecs in the admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.devices.domain import codec_publish, device_model_save
from apps.devices.models import CodecVersion, Device, DeviceModel
from apps.devices.selectors import newest_codec


class DeviceModelForm(forms.ModelForm[DeviceModel]):
    script = forms.CharField(
        label=_("Codec (JavaScript, TS013)"),
        required=False,
        strip=False,
        max_length=40960,
        widget=forms.Textarea(attrs={"rows": 24, "class": "vLargeTextField mono", "spellcheck": "false"}),
        help_text=_("A changed script becomes a new version, which decodes from then on. Old ones stay."),
    )

    class Meta:
        model = DeviceModel
        fields = ("maker", "name", "fields", "uplink_interval")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codec = None if self.instance._state.adding else newest_codec(self.instance)
        self.initial["script"] = codec.script if codec else ""


@admin.register(DeviceModel)
class DeviceModelAdmin(admin.ModelAdmin[DeviceModel]):
    form = DeviceModelForm
    list_display = ("maker", "name", "uplink_interval", "codec_version")
    search_fields = ("maker", "name")

    @admin.display(description=_("codec"))
    def codec_version(self, model: DeviceModel) -> str:
        codec = newest_codec(model)
        return f"v{codec.version}" if codec else "—"

    def save_model(self, request: HttpRequest, obj: DeviceModel, form: Any, change: bool) -> None:
        device_model_save(model=obj, actor=request.user)  # type: ignore[arg-type]
        script = form.cleaned_data["script"].replace("\r\n", "\n")
        if script.strip():
            codec_publish(model=obj, script=script, actor=request.user)  # type: ignore[arg-type]


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

    list_display = ("model", "version", "created_at")
    list_select_related = ("model",)
    fields = ("model", "version", "created_at", "script")


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
