from __future__ import annotations

from django.urls import path

from apps.trials.views import changes, public, workspace

app_name = "trials"
urlpatterns = [
    path("trials/", public.trial_list, name="trial-list"),
    path("trials/list.csv", public.trial_csv, name="trial-csv"),
    path("trials/map.geojson", public.trial_geojson, name="trial-geojson"),
    path("trials/statistics/", public.trial_numbers, name="trial-statistics"),
    path("trials/statistics.csv", public.trial_numbers_csv, name="trial-statistics-csv"),
    path("trials/before/<int:year>/", public.trials_before, name="trials-before"),
    path("trials/<slug:code>/", public.trial_detail, name="trial-detail"),
    path("o/<uuid:organization>/trials/", workspace.organization_trials, name="organization-trials"),
    path("o/<uuid:organization>/trials/<slug:code>/", workspace.trial_workspace, name="trial-workspace"),
    path("o/<uuid:organization>/trials/<slug:code>/changes/", changes.change_list, name="change-list"),
    path("o/<uuid:organization>/trials/<slug:code>/changes/new/", changes.change_new, name="change-new"),
    path(
        "o/<uuid:organization>/trials/<slug:code>/changes/<int:number>/",
        changes.change_detail,
        name="change-detail",
    ),
    path(
        "o/<uuid:organization>/trials/<slug:code>/changes/<int:number>/take-back/",
        changes.change_take_away,
        name="change-take-back",
    ),
    path(
        "o/<uuid:organization>/trials/<slug:code>/changes/<int:number>/letter/",
        changes.change_letter,
        name="change-letter",
    ),
]
