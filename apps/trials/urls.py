from __future__ import annotations

from django.urls import path

from apps.trials.views import changes, progress, public, workspace

app_name = "trials"
PROGRESS = "o/<uuid:organization>/trials/<slug:code>/progress/"
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
    path(PROGRESS, progress.progress, name="progress"),
    path(f"{PROGRESS}slot/", progress.progress_slot, name="progress-slot"),
    path(f"{PROGRESS}steps/new/", progress.milestone, name="milestone-new"),
    path(f"{PROGRESS}steps/<uuid:pk>/", progress.milestone, name="milestone-edit"),
    path(f"{PROGRESS}risks/new/", progress.risk, name="risk-new"),
    path(f"{PROGRESS}risks/<uuid:pk>/", progress.risk, name="risk-edit"),
    path(f"{PROGRESS}risks/<uuid:pk>/state/", progress.risk_state, name="risk-state"),
    path(f"{PROGRESS}steps/<uuid:pk>/<slug:act>/", progress.milestone_act, name="milestone-act"),
]
