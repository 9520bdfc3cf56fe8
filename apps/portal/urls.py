from __future__ import annotations

from django.urls import path

from apps.portal.views import pages
from apps.portal.views.styleguide import styleguide

app_name = "portal"
urlpatterns = [
    path("", pages.home, name="home"),
    path("account/after-sign-in/", pages.after_sign_in, name="after-sign-in"),
    path("styleguide/", styleguide, name="styleguide"),
]
