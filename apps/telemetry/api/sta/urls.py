from __future__ import annotations

from django.urls import path

from apps.telemetry.api.sta.views import EntityView, RootView

urlpatterns = [
    path("v1.1/", RootView.as_view(), name="api-sta-root"),
    path("v1.1", RootView.as_view(), name="api-sta-root"),
    path("v1.1/<path:path>", EntityView.as_view(), name="api-sta"),
]
