from __future__ import annotations

from django.urls import path

from apps.devices.api import codecs, examples, own_models, writing  # noqa: F401 -- examples fill the schema
from apps.devices.api.downlinks import DownlinkDetailView, DownlinkListView, DownlinkQuotaView
from apps.devices.api.views import DeviceDetailView, DeviceListView

_MODEL = "device-models/<uuid:pk>"
_VERSION = f"{_MODEL}/codecs/<int:version>"

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
    path("devices/<uuid:pk>/values", writing.ValuesView.as_view(), name="api-device-values"),
    path("devices/<uuid:pk>/downlink-quota", DownlinkQuotaView.as_view(), name="api-downlink-quota"),
    path("devices/<uuid:pk>/replace", writing.ReplaceView.as_view(), name="api-device-replace"),
    path("devices/<uuid:pk>/move", writing.MoveView.as_view(), name="api-device-move"),
    path("devices/<uuid:pk>/retire", writing.RetireView.as_view(), name="api-device-retire"),
    path("devices/<uuid:pk>/unretire", writing.UnretireView.as_view(), name="api-device-unretire"),
    path("device-models", own_models.ModelListView.as_view(), name="api-device-model-list"),
    path(_MODEL, own_models.ModelView.as_view(), name="api-device-model-detail"),
    path(f"{_MODEL}/values", own_models.ModelValuesView.as_view(), name="api-device-model-values"),
    path(f"{_MODEL}/codecs", codecs.CodecListView.as_view(), name="api-codec-list"),
    path(_VERSION, codecs.CodecView.as_view(), name="api-codec-detail"),
    path(f"{_VERSION}/withdraw", codecs.CodecWithdrawView.as_view(), name="api-codec-withdraw"),
    path(f"{_VERSION}/use", codecs.CodecUseView.as_view(), name="api-codec-use"),
    path(f"{_MODEL}/codecs/try", codecs.CodecTryView.as_view(), name="api-codec-try"),
    path(f"{_MODEL}/codecs/check", codecs.CodecCheckView.as_view(), name="api-codec-check"),
    path(f"{_MODEL}/codec-examples", codecs.CodecExampleListView.as_view(), name="api-codec-example-list"),
    path(
        f"{_MODEL}/codec-examples/<uuid:example>",
        codecs.CodecExampleView.as_view(),
        name="api-codec-example",
    ),
]
