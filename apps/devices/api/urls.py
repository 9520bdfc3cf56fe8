from __future__ import annotations

from django.urls import path

from apps.devices.api import examples, writing  # noqa: F401 -- examples fill the schema
from apps.devices.api.downlinks import DownlinkDetailView, DownlinkListView
from apps.devices.api.views import DeviceDetailView, DeviceListView

urlpatterns = [
    path("devices", DeviceListView.as_view(), name="api-device-list"),
    path("devices/<uuid:pk>", DeviceDetailView.as_view(), name="api-device-detail"),
    path("devices/<uuid:pk>/downlinks", DownlinkListView.as_view(), name="api-downlink-list"),
    path(
        "devices/<uuid:pk>/downlinks/<uuid:downlink>",
        DownlinkDetailView.as_view(),
        name="api-downlink-detail",
    ),
    path("devices/<uuid:pk>/keys", writing.KeysView.as_view(), name="api-device-keys"),
    path("devices/<uuid:pk>/replace", writing.ReplaceView.as_view(), name="api-device-replace"),
    path("devices/<uuid:pk>/move", writing.MoveView.as_view(), name="api-device-move"),
    path("devices/<uuid:pk>/retire", writing.RetireView.as_view(), name="api-device-retire"),
    path("devices/<uuid:pk>/unretire", writing.UnretireView.as_view(), name="api-device-unretire"),
    path("device-models", writing.ModelListView.as_view(), name="api-device-model-list"),
]
