from __future__ import annotations

from django.urls import path

from apps.trials.views import public, workspace

app_name = "trials"
urlpatterns = [
    path("trials/", public.trial_list, name="trial-list"),
    path("trials/before/<int:year>/", public.trials_before, name="trials-before"),
    path("trials/<slug:code>/", public.trial_detail, name="trial-detail"),
    path("o/<uuid:organization>/trials/", workspace.organization_trials, name="organization-trials"),
    path("o/<uuid:organization>/trials/<slug:code>/", workspace.trial_workspace, name="trial-workspace"),
]
