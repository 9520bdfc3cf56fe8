"""Loading the sample city. Companies, people, figures and dates are made up (fixtures/README.md)."""

from __future__ import annotations

from django.db import transaction

from apps.core import public_pages, site
from apps.portal.management.demo.alerts import load_alerts
from apps.portal.management.demo.apikeys import load_api_keys
from apps.portal.management.demo.applications import load_applications, load_calls
from apps.portal.management.demo.asking import load_asking
from apps.portal.management.demo.call_page import load_call_page
from apps.portal.management.demo.dashboards import load_dashboards
from apps.portal.management.demo.decisions import load_decisions
from apps.portal.management.demo.devices import load_devices, load_models
from apps.portal.management.demo.earlier import load_earlier
from apps.portal.management.demo.events import load_events
from apps.portal.management.demo.exports import load_exports
from apps.portal.management.demo.files import load_files
from apps.portal.management.demo.fixture import Fixture
from apps.portal.management.demo.joint import load_joint
from apps.portal.management.demo.network import load_gateways
from apps.portal.management.demo.people import load_organizations, load_people, load_site
from apps.portal.management.demo.progress import load_progress
from apps.portal.management.demo.projects import load_changes, load_projects
from apps.portal.management.demo.records import load_reports, load_trials
from apps.portal.management.demo.review import load_review
from apps.portal.management.demo.webhooks import load_webhooks

STEPS = {
    "site settings": load_site,
    "people": load_people,
    "organizations": load_organizations,
    "calls": load_calls,
    "pages of calls": load_call_page,
    "events": load_events,
    "questions, talks and visits": load_asking,
    "applications": load_applications,
    "files of applications": load_files,
    "joint applicants and consents": load_joint,
    "decisions": load_decisions,
    "reviewers": load_review,
    "device models": load_models,
    "trials": load_trials,
    "projects of the city": load_projects,
    "gateways": load_gateways,
    "devices": load_devices,
    "API keys": load_api_keys,
    "exports": load_exports,
    "alert rules": load_alerts,
    "dashboards": load_dashboards,
    "webhooks": load_webhooks,
    "changes of trials": load_changes,
    "steps, notes and risks": load_progress,
    "reports": load_reports,
    "trials of earlier years": load_earlier,
}


@transaction.atomic
def load() -> dict[str, int]:
    """Load everything that is missing; returns how many rows of each kind were made."""
    fixture = Fixture()
    counts = {name: step(fixture) for name, step in STEPS.items()}
    transaction.on_commit(public_pages.changed)
    transaction.on_commit(site.forget)
    return counts
