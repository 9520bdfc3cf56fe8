from __future__ import annotations

from django.urls import path

from apps.portal.views import pages

app_name = "portal"
urlpatterns = [
    path("", pages.home, name="home"),
    path("account/after-sign-in/", pages.after_sign_in, name="after-sign-in"),
]
