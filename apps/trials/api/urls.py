from __future__ import annotations

from django.urls import path

from apps.trials.api.views import TrialDetailView, TrialListView, TrialStatisticsView

urlpatterns = [
    path("trials", TrialListView.as_view(), name="api-trial-list"),
    path("trials/statistics", TrialStatisticsView.as_view(), name="api-trial-statistics"),
    path("trials/<slug:code>", TrialDetailView.as_view(), name="api-trial-detail"),
]
