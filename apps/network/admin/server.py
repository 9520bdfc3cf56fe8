"""Network servers: entered, tested, paused."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from apps.core.admin_tools import row_or_404
from apps.core.errors import DomainError
from apps.network.domain import gateways_from_server, server_save, server_set_state, server_test
from apps.network.domain.gateways import Taken
from apps.network.domain.servers import fault_words
from apps.network.enums import ServerState
from apps.network.forms import ServerForm
from apps.network.integrations.base import ServerError
from apps.network.models import NetworkServer


def taken_words(taken: Taken) -> str:
    words = gettext("Gateways: %(new)d new, %(changed)d changed, %(same)d as before.")
    if taken.left:
        words += " " + gettext(
            "Left alone, because they belong to another server or have no valid ID: %(left)d."
        )
    return words % vars(taken)


@admin.register(NetworkServer)
class NetworkServerAdmin(admin.ModelAdmin[NetworkServer]):
    form = ServerForm
    actions = None
    change_form_template = "admin/network/networkserver/change_form.html"
    list_display = ("name", "kind", "state", "where", "reached_at", "fault")
    list_filter = ("kind", "state")
    fieldsets: ClassVar = (
        (None, {"fields": ("name", "kind", "address", "use_tls", "ca_certificate")}),
        (_("Access"), {"fields": ("tenant", "token")}),
        (pgettext_lazy("network", "Calls"), {"fields": ("region", "deadline_s")}),
    )

    @admin.display(description=pgettext_lazy("server", "Address"), ordering="address")
    def where(self, server: NetworkServer) -> str:
        return server.address

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("<uuid:pk>/connection/", wrap(self.connection), name="network_networkserver_connection")
        return [own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: NetworkServer, form: Any, change: bool) -> None:
        server_save(server=obj, actor=request.user, token=form.cleaned_data["token"])  # type: ignore[arg-type]

    @method_decorator(sensitive_post_parameters("token"))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: NetworkServer, post_url_continue: Any = None) -> Any:
        return redirect("admin:network_networkserver_connection", obj.pk)

    def connection(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """How the server answers (GET); test it, pause it, take in its gateways (POST ``act``)."""
        server = row_or_404(self, request, pk)
        if request.method == "POST":
            self._act(request, server, request.POST.get("act", ""))
            return redirect("admin:network_networkserver_connection", server.pk)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "server": server}
        context |= {"title": server.name, "paused": server.state == ServerState.PAUSED}
        context |= {"gateways": server.gateways.count()}
        return TemplateResponse(request, "admin/network/networkserver/connection.html", context)

    def _act(self, request: HttpRequest, server: NetworkServer, act: str) -> None:
        actor: Any = request.user
        try:
            if act == "test":
                tested = server_test(server=server, actor=actor)
                (messages.success if tested.ok else messages.error)(request, tested.words)
            elif act in ServerState.values:
                server_set_state(server=server, state=act, actor=actor)
                paused = act == ServerState.PAUSED
                words = gettext("The server is paused.") if paused else gettext("The server is in use again.")
                messages.success(request, words)
            elif act == "gateways" and request.user.has_perm("network.change_gateway"):
                messages.success(request, taken_words(gateways_from_server(server=server, actor=actor)))
            else:
                raise Http404
        except DomainError as error:
            messages.error(request, error.message)
        except ServerError as error:
            messages.error(request, fault_words(server, error))
