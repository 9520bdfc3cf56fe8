"""The Atom feed of published reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from apps.core.components.states import OUTCOME
from apps.core.public_pages import public_page
from apps.core.site import site_settings
from apps.reports.models import Report
from apps.reports.selectors import published_reports

ENTRIES = 30


class ReportFeed(Feed[Report, None]):
    """The newest reports whatever their outcome, in the language of the address."""

    feed_type = Atom1Feed

    def _language(self) -> str:
        return get_language() or "ja"

    def title(self) -> str:
        name = site_settings().localized("site_name", self._language())
        return f"{gettext('Trial records')} | {name}"

    def subtitle(self) -> str:
        return gettext("What was tried on the city’s network, and what was learned.")

    def link(self) -> str:
        return reverse("reports:report-list")

    def feed_url(self) -> str:
        return reverse("reports:report-feed")

    def author_name(self) -> str:
        return site_settings().localized("city_name", self._language())

    def items(self) -> Iterable[Report]:
        return published_reports()[:ENTRIES]

    def item_title(self, item: Report) -> str:
        return item.trial.localized("title", self._language())

    def item_description(self, item: Report) -> str:
        return f"{OUTCOME[item.outcome].word} — {item.summary}"

    def item_author_name(self, item: Report) -> str:
        return item.trial.organization.name

    def item_pubdate(self, item: Report) -> datetime:
        assert item.published_at is not None
        return item.published_at

    def item_updateddate(self, item: Report) -> datetime:
        return max(item.updated_at, self.item_pubdate(item))

    def item_categories(self, item: Report) -> tuple[str, ...]:
        return (item.outcome,)


_feed: Any = ReportFeed()


@require_safe
@public_page
def report_feed(request: HttpRequest) -> HttpResponse:
    """Atom 1.0."""
    answer: HttpResponse = _feed(request)
    return answer
