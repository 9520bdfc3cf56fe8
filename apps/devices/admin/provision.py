"""How devices stand on the network servers: what waits, what was refused, which profile a model has."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.admin_tools import row_or_404
from apps.core.errors import DomainError
from apps.devices.domain.profiles import profile_delete, profile_save
from apps.devices.domain.provisioning import provision_again, provisions_refused_again
from apps.devices.enums import ProvisionState
from apps.devices.forms.profile import ProfileForm
from apps.devices.models import ModelProfile, Provision
from apps.devices.selectors.provisioning import staff_words


class ServerFilter(admin.RelatedFieldListFilter):
    """Under the name that staff call it by."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("network server")


@admin.register(Provision)
class ProvisionAdmin(admin.ModelAdmin[Provision]):
    """Written by the portal; staff look, and try again."""

    actions = None
    change_list_template = "admin/devices/provision/change_list.html"
    list_display = ("name", "eui", "trial", "wanted", "state", "fault")
    list_filter = ("state", "wanted", ("server", ServerFilter))
    search_fields = ("device__dev_eui", "device__name", "device__trial__code")
    search_help_text = _("DevEUI, name of the device, or number of the trial")
    list_select_related = ("device__trial", "server")
    list_per_page = 50
    #: Waiting, refused, done.
    ordering = ("-state", "-updated_at")

    @admin.display(description=_("device"), ordering="device__name")
    def name(self, row: Provision) -> str:
        return row.device.name

    @admin.display(description="DevEUI", ordering="device__dev_eui")
    def eui(self, row: Provision) -> str:
        return row.device.dev_eui

    @admin.display(description=_("trial"), ordering="device__trial__code")
    def trial(self, row: Provision) -> str:
        return row.device.trial.code

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("again/", wrap(require_POST(self.again_all)), name="devices_provision_again_all"),
            path("<uuid:pk>/again/", wrap(require_POST(self.again)), name="devices_provision_again"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        refused = Provision.objects.filter(state=ProvisionState.REFUSED).count()
        context = {"refused": refused if self.has_change_permission(request) else 0}
        return super().changelist_view(request, context | (extra_context or {}))

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """How far one device is, why, and what to do."""
        row = row_or_404(self, request, object_id)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "row": row}
        context |= {"title": str(row.device), "words": staff_words(row)}
        return TemplateResponse(request, "admin/devices/provision/change_form.html", context)

    def again(self, request: HttpRequest, pk: Any) -> HttpResponse:
        row = row_or_404(self, request, pk)
        try:
            provision_again(row=row, actor=request.user)  # type: ignore[arg-type]
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, gettext("It is tried again now. Load the page in a moment."))
        return redirect("admin:devices_provision_change", row.pk)

    def again_all(self, request: HttpRequest) -> HttpResponse:
        """Try all refused devices again."""
        if not self.has_change_permission(request):
            raise Http404
        count = provisions_refused_again(rows=Provision.objects.all(), actor=request.user)  # type: ignore[arg-type]
        words = ngettext("%(count)d device is tried again.", "%(count)d devices are tried again.", count)
        messages.success(request, words % {"count": count})
        return redirect("admin:devices_provision_changelist")


@admin.register(ModelProfile)
class ModelProfileAdmin(admin.ModelAdmin[ModelProfile]):
    form = ProfileForm
    actions = None
    change_form_template = "admin/devices/modelprofile/change_form.html"
    list_display = ("of_model", "on_server", "profile_id")
    list_select_related = ("model", "server")
    list_filter = (("server", ServerFilter),)
    fields: ClassVar = ("model", "choice")

    @admin.display(description=_("device model"), ordering="model")
    def of_model(self, profile: ModelProfile) -> str:
        return str(profile.model)

    @admin.display(description=_("network server"), ordering="server")
    def on_server(self, profile: ModelProfile) -> str:
        return profile.server.name

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        for server, fault in getattr(context["adminform"].form, "away", []):
            words = gettext("%(server)s does not answer, so its profiles cannot be chosen now: %(fault)s")
            messages.warning(request, words % {"server": server.name, "fault": fault})
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: ModelProfile, form: Any, change: bool) -> None:
        count = profile_save(profile=obj, actor=request.user)  # type: ignore[arg-type]
        if count:
            words = ngettext("%(count)d device is tried again.", "%(count)d devices are tried again.", count)
            messages.info(request, words % {"count": count})

    def delete_model(self, request: HttpRequest, obj: ModelProfile) -> None:
        profile_delete(profile=obj, actor=request.user)  # type: ignore[arg-type]
