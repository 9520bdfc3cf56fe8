"""The codec workbench of staff: try out, test by examples, publish, go back (``forms.bench``)."""

from __future__ import annotations

import uuid

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from apps.core.admin_tools import row_or_404
from apps.core.errors import NotFound
from apps.devices.forms.bench import Bench, bench_act, bench_context, bench_start
from apps.devices.models import DeviceModel

_PAGE = "admin:devices_devicemodel_codec"


class Workbench(admin.ModelAdmin[DeviceModel]):
    """Mixed into the admin of device models."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("<uuid:pk>/codec/", wrap(self.codec), name="devices_devicemodel_codec")
        return [own, *super().get_urls()]

    @method_decorator(csrf_protect)
    def codec(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Text and versions (GET, ``version``: that one's text); acts by the button pressed (POST)."""
        model = row_or_404(self, request, pk)
        if request.method != "POST":
            version = request.GET.get("version", "")
            return self._page(request, model, bench_start(model=model, version=version))
        try:
            bench = bench_act(model=model, posted=request.POST.dict(), actor=request.user)
        except NotFound:
            raise Http404 from None
        for text in bench.said:
            messages.success(request, text)
        if bench.refused:
            messages.error(request, bench.refused)
        return redirect(_PAGE, model.pk) if bench.done else self._page(request, model, bench)

    def _page(self, request: HttpRequest, model: DeviceModel, bench: Bench) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(model),
            "may_write": True,
            **bench_context(model=model, bench=bench),
        }
        name = "admin/devices/devicemodel/codec.html"
        return TemplateResponse(request, name, context, status=bench.status)
