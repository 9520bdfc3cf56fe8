from __future__ import annotations

from django.urls import path

from apps.reports.views import company, feed, public

app_name = "reports"
_OWN = "o/<uuid:organization>/trials/<slug:code>/report/"
urlpatterns = [
    # /reports/
    path("reports/", public.report_list, name="report-list"),
    path("reports/feed.atom", feed.report_feed, name="report-feed"),
    path("reports/<slug:code>/", public.report_detail, name="report-detail"),
    path("reports/<slug:code>/slot/", public.report_slot, name="report-slot"),
    # /o/<organization>/trials/<code>/report/
    path(_OWN, company.report_edit, name="report-edit"),
    path(f"{_OWN}check/", company.report_check, name="report-check"),
    path(f"{_OWN}hand-in/", company.report_hand_in, name="report-hand-in"),
    path(f"{_OWN}slot/", company.workspace_slot, name="report-workspace-slot"),
]
