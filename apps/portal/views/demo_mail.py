"""The demo's mail box: what the portal would have sent; and its receiver of webhooks."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from apps.portal.selectors import demo_mails


@csrf_exempt
@require_POST
def demo_hook(request: HttpRequest) -> HttpResponse:
    """Takes whatever the demo's own webhook tells. Only in the demo."""
    if not settings.DEMO:
        raise Http404
    return HttpResponse(status=204)


@require_safe
@never_cache
def demo_mail(request: HttpRequest) -> HttpResponse:
    """The newest mails, sign-in codes included. Only in the demo: anyone can read it."""
    if not settings.DEMO:
        raise Http404
    address = request.GET.get("to", "").strip().lower()
    mails = [mail for mail in demo_mails(limit=200) if not address or address in mail.to.lower()]
    return render(request, "portal/demo_mail.html", {"mails": mails[:30], "address": address})
