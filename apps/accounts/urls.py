"""Below /account/, before allauth's own pages (second factor, e-mail): what stands here is ours."""

from __future__ import annotations

from django.urls import path

from apps.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/code/", views.code_ask, name="code-ask"),
    path("login/code/confirm/", views.code_confirm, name="code-confirm"),
    path("profile/", views.profile, name="profile"),
    # allauth's pages that nobody needs
    path("login/", views.sign_in, name="sign-in"),
    path("signup/", views.sign_in, name="sign-up"),
    path("password/<path:rest>", views.sign_in, name="password"),
]
