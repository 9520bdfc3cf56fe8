"""Public addresses of the network."""

from __future__ import annotations

from django.urls import path

from apps.network.views.coverage import coverage, coverage_csv, coverage_geojson

app_name = "network"
urlpatterns = [
    path("coverage/", coverage, name="coverage"),
    path("coverage/squares.csv", coverage_csv, name="coverage-csv"),
    path("coverage/squares.geojson", coverage_geojson, name="coverage-geojson"),
]
