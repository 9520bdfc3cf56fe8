"""Staff make one organization of two: possible doubles, side by side, asked twice, done."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from apps.core.errors import Conflict
from apps.organizations.domain import merge_problem, organization_merge
from apps.organizations.models import Organization
from apps.organizations.selectors.doubles import doubles, doubles_of, held_rows


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class MergeAdmin(admin.ModelAdmin[Organization]):
    """The pages of merging, for the admin of organizations."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("doubles/", wrap(require_safe(self.doubles)), name="organizations_organization_doubles"),
            path("<uuid:pk>/merge/", wrap(self.merge), name="organizations_organization_merge"),
        ]
        return [*own, *super().get_urls()]

    def _page(self, request: HttpRequest, name: str, status: int = 200, **context: Any) -> TemplateResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        template = f"admin/organizations/organization/{name}.html"
        return TemplateResponse(request, template, {**frame, **context}, status=status)

    def doubles(self, request: HttpRequest) -> HttpResponse:
        """Groups that look like one organization each."""
        if not self.has_change_permission(request):
            raise Http404
        return self._page(request, "doubles", title=gettext("Possible doubles"), groups=doubles())

    def merge(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Choose the other (no ``other``), compare the two, confirm which stays (``keep``), do it (POST)."""
        one = self.get_object(request, str(pk))
        if one is None or not self.has_change_permission(request, one):
            raise Http404
        asked = request.POST if request.method == "POST" else request.GET
        chosen = _uuid(asked.get("other", ""))
        other = Organization.objects.filter(pk=chosen).first() if chosen else None
        if other is None:
            return self._choose(request, one)
        keep, gone = (other, one) if asked.get("keep") == str(other.pk) else (one, other)
        problem = merge_problem(keep, gone)
        if request.method == "POST" and not problem:
            return self._do(request, keep, gone)
        confirm = not problem and asked.get("keep") in (str(one.pk), str(other.pk))
        return self._page(
            request,
            "merge_confirm" if confirm else "merge",
            409 if problem and request.method == "POST" else 200,
            title=gettext("Merge two organizations"),
            one=one,
            other=other,
            keep=keep,
            gone=gone,
            problem=problem,
            rows=held_rows(keep, gone) if confirm else held_rows(one, other),
            one_url=f"?other={other.pk}&keep={one.pk}",
            other_url=f"?other={other.pk}&keep={other.pk}",
            back=f"?other={other.pk}",
            hidden={"other": other.pk, "keep": keep.pk},
        )

    def _choose(self, request: HttpRequest, one: Organization) -> HttpResponse:
        query = request.GET.get("q", "").replace("\0", "").strip()[:100]
        rows = Organization.objects.present().exclude(pk=one.pk)
        matches = Q(name__icontains=query) | Q(name_kana__icontains=query) | Q(corporate_number=query)
        return self._page(
            request,
            "merge_choose",
            title=one.name,
            one=one,
            query=query,
            found=rows.filter(matches)[:30] if query else [],
            suggested=doubles_of(one),
        )

    def _do(self, request: HttpRequest, keep: Organization, gone: Organization) -> HttpResponse:
        try:
            organization_merge(keep=keep, gone=gone, actor=request.user)
        except Conflict as error:
            messages.error(request, error.message)
        else:
            words = gettext("“%(gone)s” was merged into “%(keep)s”. No mail was sent.")
            messages.success(request, words % {"gone": gone.name, "keep": keep.name})
        return redirect("admin:organizations_organization_change", keep.pk)
