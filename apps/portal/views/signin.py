"""Where a person goes after signing in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from apps.portal.selectors import first_page


@login_required
@require_safe
def after_sign_in(request: HttpRequest) -> HttpResponse:
    """To ``next`` when it is an address of this site, else to the person's own first page."""
    assert request.user.is_authenticated
    wanted = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return HttpResponseRedirect(wanted)
    return redirect(first_page(request.user))
