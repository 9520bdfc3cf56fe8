from __future__ import annotations

from django.urls import path

from apps.exports.views import download, listing

app_name = "exports"
_LIST = "o/<uuid:organization>/exports/"
urlpatterns = [
    path(_LIST, listing.export_list, name="export-list"),
    path(f"{_LIST}rows/", listing.export_rows_slot, name="export-rows"),
    path(f"{_LIST}links/", listing.organization_links, name="organization-links"),
    path("o/<uuid:organization>/trials/<slug:code>/exports/", listing.trial_exports, name="trial-exports"),
    path(f"{_LIST}<uuid:pk>/cancel/", listing.export_cancel_act, name="export-cancel"),
    path(f"{_LIST}<uuid:pk>/file/", download.export_file, name="export-file"),
]
