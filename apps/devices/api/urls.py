from __future__ import annotations

from django.urls import path

from apps.devices.api.views import DeviceDetailView, DeviceListView

urlpatterns = [
    path("devices", DeviceListView.as_view(), name="api-device-list"),
    path("devices/<uuid:pk>", DeviceDetailView.as_view(), name="api-device-detail"),
]
