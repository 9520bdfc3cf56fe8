"""Devices, models and codecs in the admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.devices.admin.workbench import Workbench
from apps.devices.domain import device_model_save, example_delete, example_save
from apps.devices.domain.model import RADIO
from apps.devices.forms.codec import ExampleForm
from apps.devices.models import CodecExample, CodecVersion, Device, DeviceModel


@admin.register(DeviceModel)
class DeviceModelAdmin(Workbench):
    """The city's models, and those that companies describe themselves, to look at and to mend."""

    list_display = ("maker", "name", "whose", "uplink_interval", "codec_version")
    list_filter = (("organization", admin.EmptyFieldListFilter),)
    list_select_related = ("organization",)
    search_fields = ("maker", "name", "organization__name")
    readonly_fields = ("organization", "base")
    change_form_template = "admin/devices/devicemodel/change_form.html"
    fields: ClassVar = (
        ("organization", "base"),
        "maker",
        "name",
        ("lorawan_version", "region", "device_class"),
        "uplink_interval",
        "profile_ids",
        "fields",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeviceModel]:
        newest = CodecVersion.objects.standing().filter(model=OuterRef("pk")).order_by("-version")
        return super().get_queryset(request).annotate(decoding=Subquery(newest.values("version")[:1]))

    def get_readonly_fields(self, request: HttpRequest, obj: DeviceModel | None = None) -> Any:
        """What a company's own model has from the model it stands on changes there."""
        return (*self.readonly_fields, *(RADIO if obj is not None and obj.organization_id else ()))

    @admin.display(description=_("organization"), ordering="organization__name", empty_value="—")
    def whose(self, model: DeviceModel) -> str | None:
        return str(model.organization) if model.organization else None

    @admin.display(description=_("codec"))
    def codec_version(self, model: Any) -> str:
        return f"v{model.decoding}" if model.decoding else "—"

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
    list_display = ("name", "dev_eui", "company", "trial", "model", "state")
    list_filter = ("state", "model")
    search_fields = ("name", "dev_eui", "organization__name", "trial__code")
    list_select_related = ("organization", "trial", "model")
    readonly_fields = ("company",)
    fields: ClassVar[tuple[str, ...]] = (
        "name",
        "dev_eui",
        "join_eui",
        "company",
        "trial",
        "model",
        "place_name",
        "state",
        "uplink_interval",
        "registered_by",
        "created_at",
    )

    @admin.display(description=_("organization"), ordering="organization")
    def company(self, device: Device) -> str:
        return device.organization.name
