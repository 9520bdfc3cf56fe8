from __future__ import annotations

from django.urls import path

from apps.core import views

app_name = "core"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("theme.css", views.theme_css, name="theme"),
    path("site-logo", views.site_logo, name="logo"),
]
