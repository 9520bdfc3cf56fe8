"""Opening a trial without application in the admin: the city's own, or the city with citizens."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from apps.core.errors import DomainError
from apps.trials.domain import project_open
from apps.trials.forms import ProjectForm
from apps.trials.models import Trial


class ProjectMixin(admin.ModelAdmin[Trial]):
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form of a project; its number is given when it opens."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form, status = ProjectForm(request.POST or None), 200
        if request.method == "POST":
            opened = self._open(request, form)
            if isinstance(opened, Trial):
                text = gettext("Trial %(code)s is open. No mail was sent.") % {"code": opened.code}
                messages.success(request, text)
                return redirect("admin:trials_trial_change", opened.pk)
            status = opened
        title = gettext("Open a trial without application")
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(
            request, "admin/trials/trial/project.html", {**frame, "form": form}, status=status
        )

    def _open(self, request: HttpRequest, form: ProjectForm) -> Trial | int:
        """The new trial, or the status of the page that says what to mend."""
        if not form.is_valid():
            return 422
        actor: Any = request.user
        try:
            return project_open(project=form.project(), actor=actor)
        except DomainError as error:
            form.refuse(error)
            return error.status
