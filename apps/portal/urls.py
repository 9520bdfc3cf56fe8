from __future__ import annotations

from django.urls import path

from apps.portal.views import developers, pages
from apps.portal.views.demo_mail import demo_hook, demo_mail
from apps.portal.views.signin import after_sign_in
from apps.portal.views.styleguide import styleguide

app_name = "portal"
urlpatterns = [
    path("", pages.home, name="home"),
    path("account/after-sign-in/", after_sign_in, name="after-sign-in"),
    # /developers/
    path("developers/", developers.developers, name="developers"),
    path("developers/key/", developers.key, name="developers-key"),
    path("developers/api/<slug:name>/", developers.operation, name="developers-operation"),
    path("guide/", pages.guide, name="guide"),
    # /about/
    path("about/accessibility/", pages.accessibility, name="accessibility"),
    path("about/privacy/", pages.privacy, name="privacy"),
    path("about/terms/", pages.terms, name="terms"),
    # only in the demo
    path("demo/mail/", demo_mail, name="demo-mail"),
    path("demo/hook/", demo_hook, name="demo-hook"),
    path("styleguide/", styleguide, name="styleguide"),
]
