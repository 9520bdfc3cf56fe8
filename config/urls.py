"""Every address of the portal: Japanese at ``/``, English at ``/en/``, those of machines without either."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

handler400 = "apps.core.views.bad_request"
handler403 = "apps.core.views.permission_denied"
handler404 = "apps.core.views.not_found"
handler500 = "apps.core.views.server_error"

urlpatterns = [
    path("", include("apps.core.urls")),
    path("api/v1/", include("config.api_urls")),
    path("api/sta/", include("apps.telemetry.api.sta.urls")),
    *i18n_patterns(
        path("admin/", admin.site.urls),
        path("account/", include("apps.accounts.urls")),
        path("account/", include("allauth.urls")),
        path("", include("apps.organizations.urls")),
        path("", include("apps.events.urls")),
        path("", include("apps.exports.urls")),
        path("", include("apps.calls.urls")),
        path("", include("apps.trials.urls")),
        path("", include("apps.network.urls")),
        path("", include("apps.apikeys.urls")),
        path("", include("apps.devices.urls")),
        path("", include("apps.telemetry.urls")),
        path("", include("apps.reports.urls")),
        path("", include("apps.portal.urls")),
        prefix_default_language=False,
    ),
]
