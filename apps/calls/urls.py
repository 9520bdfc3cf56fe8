from __future__ import annotations

from django.urls import path

from apps.calls.views import (
    applications,
    asking,
    attachments,
    autosave,
    consent,
    draft,
    joint,
    letters,
    panel,
    public,
)

app_name = "calls"
_ONE = "applications/<slug:code>/"
urlpatterns = [
    # /calls/
    path("calls/", public.call_list, name="call-list"),
    path("calls/<slug:code>/", public.call_detail, name="call-detail"),
    path("calls/<slug:code>/calendar.ics", public.call_calendar, name="call-calendar"),
    path("calls/<slug:code>/files/<uuid:pk>/<str:name>", public.call_file, name="call-file"),
    path("calls/<slug:code>/questions/", asking.question_list, name="question-list"),
    path("calls/<slug:code>/questions/ask/", asking.question_ask_view, name="question-ask"),
    path("calls/<slug:code>/questions/asked/<uuid:pk>/", asking.question_asked, name="question-asked"),
    path("calls/<slug:code>/consultation/", asking.consultation_request_view, name="consultation-request"),
    path(
        "calls/<slug:code>/consultation/requested/",
        asking.consultation_requested,
        name="consultation-requested",
    ),
    path("calls/of-event/<uuid:pk>/", public.calls_of_event, name="calls-of-event"),
    path("apply/<slug:code>/start/", draft.apply_start, name="apply-start"),
    # /applications/
    path("applications/", applications.application_list, name="application-list"),
    path(_ONE, applications.application_detail, name="application-detail"),
    path(f"{_ONE}questions/<slug:slug>/", draft.application_question, name="application-question"),
    path(f"{_ONE}questions/<slug:slug>/save/", autosave.application_autosave, name="application-autosave"),
    path(f"{_ONE}variants/<uuid:variant>/", autosave.variant_settle_view, name="variant-settle"),
    path(f"{_ONE}copy/", draft.application_copy_view, name="application-copy-to"),
    path(f"{_ONE}radio/", draft.application_radio, name="application-radio"),
    path(f"{_ONE}check/", draft.application_check, name="application-check"),
    path(f"{_ONE}submit/", draft.application_submit_view, name="application-submit"),
    path(f"{_ONE}receipt/", applications.application_receipt, name="application-receipt"),
    path(f"{_ONE}withdraw/", applications.application_withdraw_view, name="application-withdraw"),
    path(f"{_ONE}reopen/", applications.application_reopen_view, name="application-reopen"),
    path(f"{_ONE}accept/", applications.application_accept_view, name="application-accept"),
    path(f"{_ONE}turn-down/", applications.application_turn_down_view, name="application-turn-down"),
    path(f"{_ONE}leave-list/", applications.waitlist_leave_view, name="waitlist-leave"),
    path(f"{_ONE}copy.pdf", attachments.application_copy, name="application-copy"),
    path(f"{_ONE}files/", attachments.attachments, name="attachments"),
    path(f"{_ONE}files/<uuid:pk>/", attachments.attachment, name="attachment"),
    path(f"{_ONE}files/<uuid:pk>/remove/", attachments.attachment_remove_view, name="attachment-remove"),
    path(f"{_ONE}joint/", joint.joint_list, name="joint-list"),
    path(f"{_ONE}joint/<uuid:pk>/resend/", joint.joint_resend, name="joint-resend"),
    path(f"{_ONE}joint/<uuid:pk>/remove/", joint.joint_remove, name="joint-remove"),
    path(f"{_ONE}leave/", joint.joint_leave, name="joint-leave"),
    path("letters/<uuid:pk>/", letters.letter_download, name="letter"),
    # mailed links
    path("joint/<str:token>/", joint.joint_link, name="joint-link"),
    path("joint/<str:token>/decline/", joint.joint_decline, name="joint-decline"),
    path("panel/<str:token>/", panel.panel_link, name="panel-link"),
    path("panel/<str:token>/decline/", panel.panel_decline, name="panel-decline"),
    path("consent/<str:token>/", consent.consent, name="consent"),
    # /o/<organization>/
    path(
        "o/<uuid:organization>/applications/",
        applications.workspace_applications,
        name="workspace-applications",
    ),
]
