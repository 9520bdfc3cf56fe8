"""The home page and the pages that say what this site is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from apps.core.public_pages import keep_until, public_page
from apps.portal import selectors


@require_safe
@public_page
def home(request: HttpRequest) -> HttpResponse:
    """What is open now, what came out of trials, how it works."""
    how = [
        {"title": pgettext("step", "Apply"), "detail": _("A short form, saved as you go. No seal, no post.")},
        {
            "title": pgettext("step", "Connect"),
            "detail": _("From the day of adoption you register devices and get their data."),
        },
        {
            "title": pgettext("step", "Publish"),
            "detail": _("What was measured and learned stays as a record."),
        },
    ]
    shown = selectors.home()
    response = render(request, "portal/home.html", {"home": shown, "how": how})
    if shown.until:
        keep_until(response, shown.until)
    return response


@require_safe
@public_page
def guide(request: HttpRequest) -> HttpResponse:
    """How to use the site, for each kind of visitor."""
    return render(request, "portal/guide.html")


@require_safe
@public_page
def accessibility(request: HttpRequest) -> HttpResponse:
    """What was checked for accessibility, and how to tell of a barrier."""
    return render(request, "portal/accessibility.html")


@require_safe
@public_page
def privacy(request: HttpRequest) -> HttpResponse:
    """Which personal information the portal holds, and why."""
    return render(request, "portal/privacy.html")


@require_safe
@public_page
def terms(request: HttpRequest) -> HttpResponse:
    """How what is public may be used."""
    return render(request, "portal/terms.html")
