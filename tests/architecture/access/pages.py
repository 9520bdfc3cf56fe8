"""The table of pages. A route without a row here fails the sweep."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile

from apps.calls.domain.revision import revision_add
from apps.calls.models import AnswerVariant, Attachment
from apps.calls.rules import SLUGS
from apps.core import clock
from tests.architecture.access import (
    alerts,
    asking,
    boards,
    changes,
    doors,
    downlinks,
    exports,
    gatherings,
    keys,
    letters,
    own_models,
    panel,
    progress,
    registering,
    webhooks,
)
from tests.architecture.access.table import (
    EVERYONE,
    MEMBERS,
    NOWHERE,
    SIGNED_IN,
    WORKERS,
    Row,
    all_get,
)
from tests.architecture.access.world import CONSENT_TOKEN, INVITATION_TOKEN, JOINT_TOKEN, World


def call(w: World) -> dict[str, Any]:
    return {"code": w.call.code}


def trial(w: World) -> dict[str, Any]:
    return {"code": w.trial.code}


def hidden(w: World) -> dict[str, Any]:
    return {"code": w.hidden.code}


def told(w: World) -> dict[str, Any]:
    return {"code": w.told.code}


def company(w: World) -> dict[str, Any]:
    return {"organization": w.company}


def own_trial(w: World) -> dict[str, Any]:
    return {"organization": w.company, "code": w.trial.code}


def docs_trial(w: World) -> dict[str, Any]:
    return {"organization": w.company, "trial": w.trial.code}


def draft_call(w: World) -> dict[str, Any]:
    return {"code": w.draft_call.code}


def call_file(w: World) -> dict[str, Any]:
    return {"code": w.call.code, "pk": w.call.files.get().pk, "name": "form.pdf"}


def draft_file(w: World) -> dict[str, Any]:
    return {"code": w.draft_call.code, "pk": w.draft_call.files.get().pk, "name": "form.pdf"}


def year(w: World) -> dict[str, Any]:
    return {"year": w.call.fiscal_year}


def draft(w: World) -> dict[str, Any]:
    return {"code": w.draft.code}


def question(w: World) -> dict[str, Any]:
    return {"code": w.draft.code, "slug": SLUGS[0]}


def other_text(w: World) -> dict[str, Any]:
    values = {"field": "title", "value": "別の題名", "author": w.cast.owner}
    return {"code": w.draft.code, "variant": AnswerVariant.objects.create(application=w.draft, **values).pk}


def submitted(w: World) -> dict[str, Any]:
    return {"code": w.submitted.code}


def adopted(w: World) -> dict[str, Any]:
    return {"code": w.adopted.code}


def own_device(w: World) -> dict[str, Any]:
    return {"organization": w.company, "pk": w.device.pk}


def reader_membership(w: World) -> dict[str, Any]:
    return {"organization": w.company, "pk": w.membership("reader").pk}


def invitation(w: World) -> dict[str, Any]:
    return {"organization": w.company, "pk": w.invitation.pk}


def invitation_token(w: World) -> dict[str, Any]:
    return {"token": INVITATION_TOKEN}


def partner(w: World) -> dict[str, Any]:
    return {"code": w.draft.code, "pk": w.joint.pk}


def joint_token(w: World) -> dict[str, Any]:
    return {"token": JOINT_TOKEN}


def consent_token(w: World) -> dict[str, Any]:
    return {"token": CONSENT_TOKEN}


#: Pages of those who answer for a company.
MANAGERS = WORKERS.but(colleague=403)
POST_ONLY = all_get(405).but(anonymous=302)
#: The link is for one address only, and none of the cast has it.
NOT_INVITED = all_get(403).but(anonymous=200)  # asked to sign in
MACHINES = [
    Row("core:healthz", EVERYONE),
    Row("core:readyz", EVERYONE),
    Row(
        "core:metrics", EVERYONE
    ),  # the test's client is this machine; tests/core/test_machines.py has the rest
    Row("core:theme", EVERYONE),
    Row("core:logo", NOWHERE),  # none was uploaded
]
PORTAL = [
    Row("portal:home", EVERYONE),
    Row("portal:after-sign-in", all_get(302)),
    Row("portal:developers", EVERYONE),
    Row("portal:developers-operation", EVERYONE, lambda w: {"name": "devices_series_get"}),
    Row("portal:developers-key", MEMBERS.but(staff=403), method="POST", data=docs_trial),
    Row("portal:guide", EVERYONE),
    Row("portal:accessibility", EVERYONE),
    Row("portal:privacy", EVERYONE),
    Row("portal:terms", EVERYONE),
    Row("portal:demo-hook", all_get(405)),
    Row("portal:demo-hook", all_get(204), method="POST"),
    Row("portal:demo-mail", EVERYONE),  # the demo only; tests/portal has the rest
    Row("portal:styleguide", EVERYONE),
]
#: A draft belongs to whoever began it and that company; staff see what was submitted.
DRAFT = MEMBERS.but(staff=404)


def attached(w: World) -> dict[str, Any]:
    """A file of the draft."""
    rows = w.draft.attachments.all()
    row = (
        rows[0]
        if rows
        else Attachment.objects.create(
            application=w.draft,
            uploaded_by=w.cast.owner,
            name="図.pdf",
            kind="pdf",
            content_type="application/pdf",
            size=8,
            sha256="a" * 64,
            file=ContentFile(b"%PDF-1.4", name="a.pdf"),
        )
    )
    return {"code": w.draft.code, "pk": row.pk}


def handed_in(w: World) -> dict[str, Any]:
    """An application with its first revision."""
    if not w.submitted.revisions.exists():
        revision_add(row=w.submitted, actor=w.cast.owner, now=clock.now())
    return {"code": w.submitted.code}


DRAFT_WRITE = DRAFT.but(reader=403)
SUBMITTED_WRITE = WORKERS
#: The question "really?" is put only to those who may; others are led back to the application.
SHOWN_TO_WRITERS = MEMBERS.but(reader=302, staff=302)
CALLS = [
    *asking.PAGES,
    *panel.PAGES,
    Row("calls:call-list", EVERYONE),
    Row("calls:call-detail", EVERYONE, call),
    Row("calls:call-detail", NOWHERE, draft_call, query="?draft"),
    Row("calls:call-calendar", EVERYONE, call),
    Row("calls:call-calendar", NOWHERE, draft_call, query="?draft"),
    Row("calls:call-file", EVERYONE, call_file),
    Row("calls:call-file", NOWHERE.but(staff=200), draft_file, query="?draft"),
    # A person with a draft is led to it; one whose company applied before may take those answers over.
    Row("calls:apply-start", all_get(302).but(colleague=200), call),
    Row("calls:apply-start", all_get(302), call, method="POST"),
    Row("calls:application-list", SIGNED_IN),
    Row("calls:application-detail", MEMBERS, submitted),
    Row("calls:application-detail", DRAFT, draft, query="?draft"),
    Row("calls:application-question", DRAFT_WRITE, question),
    Row("calls:application-question", DRAFT_WRITE.but(colleague=302, owner=302), question, method="POST"),
    Row("calls:application-copy-to", all_get(405).but(anonymous=302), submitted),
    Row(
        "calls:application-copy-to",
        WORKERS.but(colleague=302, owner=302),
        submitted,
        method="POST",
        data=lambda w: {"call": w.call.code},
    ),
    Row("calls:application-radio", all_get(405).but(anonymous=302), submitted),
    Row("calls:application-radio", WORKERS, submitted, method="POST"),
    Row("calls:application-autosave", all_get(405), question),
    Row("calls:application-autosave", DRAFT_WRITE.but(anonymous=401), question, method="POST"),
    Row("calls:variant-settle", all_get(405).but(anonymous=302), other_text),
    Row(
        "calls:variant-settle",
        DRAFT_WRITE.but(colleague=302, owner=302),
        other_text,
        method="POST",
        data=lambda w: {"choice": "keep"},
    ),
    Row("calls:application-check", DRAFT_WRITE, draft),
    Row("calls:application-submit", DRAFT_WRITE.but(colleague=422, owner=422), draft, method="POST"),
    Row("calls:application-receipt", MEMBERS, submitted),
    Row("calls:application-withdraw", SHOWN_TO_WRITERS, submitted),
    Row(
        "calls:application-withdraw", SUBMITTED_WRITE.but(colleague=302, owner=302), submitted, method="POST"
    ),
    Row("calls:application-reopen", SUBMITTED_WRITE.but(colleague=302, owner=302), submitted, method="POST"),
    Row("calls:application-accept", SHOWN_TO_WRITERS.but(colleague=302), adopted),
    Row("calls:application-accept", SUBMITTED_WRITE.but(colleague=403, owner=302), adopted, method="POST"),
    Row("calls:application-turn-down", SHOWN_TO_WRITERS.but(colleague=302), adopted),
    Row("calls:application-turn-down", SUBMITTED_WRITE.but(colleague=403, owner=302), adopted, method="POST"),
    Row("calls:application-copy", MEMBERS, handed_in),
    Row("calls:attachments", DRAFT, draft),
    Row("calls:attachments", DRAFT_WRITE.but(colleague=422, owner=422), draft, method="POST"),
    Row("calls:attachment", DRAFT, attached),
    Row("calls:attachment-remove", all_get(405).but(anonymous=302), attached),
    Row("calls:attachment-remove", DRAFT_WRITE.but(colleague=302, owner=302), attached, method="POST"),
    Row("calls:joint-list", DRAFT, draft),
    Row("calls:joint-list", DRAFT_WRITE.but(colleague=422, owner=422), draft, method="POST"),
    Row("calls:joint-resend", POST_ONLY, partner),
    Row("calls:joint-resend", DRAFT_WRITE.but(colleague=302, owner=302), partner, method="POST"),
    Row("calls:joint-remove", DRAFT_WRITE, partner),
    Row("calls:joint-remove", DRAFT_WRITE.but(colleague=302, owner=302), partner, method="POST"),
    # Nobody of the cast is a joint applicant; tests/calls/views/test_joint.py has the rest.
    Row("calls:joint-leave", NOWHERE.but(anonymous=302), draft),
    Row("calls:joint-leave", NOWHERE.but(anonymous=302), draft, method="POST"),
    # Whoever holds the link: asked to sign in, then what is missing.
    Row("calls:joint-link", EVERYONE, joint_token),
    Row("calls:joint-link", all_get(422).but(anonymous=200), joint_token, method="POST"),
    Row("calls:joint-decline", all_get(405), joint_token),
    Row("calls:joint-decline", EVERYONE, joint_token, method="POST"),
    Row("calls:consent", EVERYONE, consent_token),
    Row("calls:consent", all_get(422), consent_token, method="POST"),
    Row("calls:workspace-applications", MEMBERS, company),
]
TRIALS = [
    Row("trials:trial-list", EVERYONE),
    Row("trials:trial-csv", EVERYONE),
    Row("trials:trial-geojson", EVERYONE),
    Row("network:coverage", EVERYONE),
    Row("network:coverage-csv", EVERYONE),
    Row("network:coverage-geojson", EVERYONE),
    Row("trials:trial-statistics", EVERYONE),
    Row("trials:trial-statistics-csv", EVERYONE),
    Row("trials:trials-before", EVERYONE, year),
    Row("trials:trial-detail", EVERYONE, trial),
    Row("trials:trial-detail", NOWHERE, hidden, query="?hidden"),
    Row("trials:organization-trials", MEMBERS, company),
    Row("trials:trial-workspace", MEMBERS, own_trial),
    *progress.PAGES,
    *letters.PAGES,
    *changes.ROWS,
    *downlinks.PAGES,
    *exports.PAGES,
    *own_models.ROWS,
    *registering.ROWS,
]
APIKEYS = [
    *keys.PAGES,
]
DEVICES = [
    Row("devices:trial-devices", MEMBERS, own_trial),
    Row("devices:trial-links", MEMBERS.but(reader=204, staff=204), own_trial),
    Row("devices:device-new", WORKERS, own_trial),
    Row("devices:device-new", WORKERS.but(colleague=422, owner=422), own_trial, method="POST"),
    Row("devices:device-settings", WORKERS, own_device),
    Row("devices:device-settings", WORKERS.but(colleague=422, owner=422), own_device, method="POST"),
    Row("devices:device-retire", WORKERS, own_device),
    Row("devices:device-retire", WORKERS.but(colleague=302, owner=302), own_device, method="POST"),
]
ORGANIZATIONS = [
    Row("organizations:workspace", MEMBERS, company),
    Row("organizations:edit", MANAGERS, company),
    Row("organizations:edit", MANAGERS.but(owner=422), company, method="POST"),
    Row("organizations:member-list", MEMBERS, company),
    Row("organizations:invite", MANAGERS, company),
    Row("organizations:invite", MANAGERS.but(owner=422), company, method="POST"),
    Row("organizations:member-role", MANAGERS, reader_membership),
    Row("organizations:member-role", MANAGERS.but(owner=422), reader_membership, method="POST"),
    Row("organizations:ownership", MANAGERS, reader_membership),
    Row("organizations:ownership", MANAGERS.but(owner=302), reader_membership, method="POST"),
    # Whoever belongs to a company may leave it.
    Row("organizations:member-remove", MANAGERS.but(reader=200), reader_membership),
    Row("organizations:member-remove", MANAGERS.but(reader=302, owner=302), reader_membership, method="POST"),
    Row("organizations:invitation-revoke", POST_ONLY, invitation),
    Row("organizations:invitation-revoke", MANAGERS.but(owner=302), invitation, method="POST"),
    Row("organizations:invitation", EVERYONE, invitation_token),
    Row("organizations:invitation", NOT_INVITED, invitation_token, method="POST"),
    Row("organizations:ask-owner", SIGNED_IN),
    Row("organizations:ask-owner", all_get(422).but(anonymous=302), method="POST"),
    Row("organizations:own-organizations", SIGNED_IN),
]
TELEMETRY = [
    Row("telemetry:device-detail", MEMBERS, own_device),
    Row("telemetry:device-csv", MEMBERS, own_device),
    Row("telemetry:device-live", MEMBERS, own_device),
    Row("telemetry:compare", MEMBERS, own_trial),
    Row("telemetry:device-fields", WORKERS, own_device),
    Row("telemetry:device-fields", WORKERS.but(colleague=302, owner=302), own_device, method="POST"),
    Row("telemetry:device-frames", MEMBERS, own_device),
    Row("telemetry:trial-usage", MEMBERS, own_trial),
    *alerts.ROWS,
    *doors.ROWS,
    *boards.ROWS,
    *webhooks.ROWS,
]
REPORTS = [
    Row("reports:report-list", EVERYONE),
    Row("reports:report-feed", EVERYONE),
    Row("reports:report-detail", EVERYONE, told),
    Row("reports:report-detail", NOWHERE, trial, query="?draft"),
    Row("reports:report-slot", EVERYONE, told),
    Row("reports:report-edit", WORKERS, own_trial),
    Row("reports:report-edit", WORKERS, own_trial, method="POST"),
    Row("reports:report-check", MEMBERS, own_trial),
    Row("reports:report-hand-in", WORKERS.but(colleague=302, owner=302), own_trial, method="POST"),
    Row("reports:report-workspace-slot", MEMBERS, own_trial),
]
EVENTS = gatherings.PAGES
ROWS = [
    *MACHINES,
    *PORTAL,
    *EVENTS,
    *CALLS,
    *ORGANIZATIONS,
    *TRIALS,
    *APIKEYS,
    *DEVICES,
    *TELEMETRY,
    *REPORTS,
]
