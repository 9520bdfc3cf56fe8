"""The list of applications: what is found, filtered and shown of each row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy

from apps.calls.enums import STAFF_WORDS, ApplicationState
from apps.calls.models import Application, Call, Theme
from apps.calls.models.application import ApplicationQuerySet
from apps.calls.rules.sensors import messages_a_day
from apps.calls.selectors.flags import FLAGS, flags_by_row, with_flag
from apps.core.search import search
from apps.core.text import kept_text
from apps.organizations.enums import OrganizationKind

#: What a row of the list shows; the long answers stay in the database.
SHOWN = (
    "code",
    "state",
    "title",
    "org_name",
    "org_kind",
    "call__code",
    "call__title",
    "call__message_quota",
    "sensors",
    "device_count",
    "themes",
    "submitted_at",
    "decision_published_at",
)


class CallFilter(admin.SimpleListFilter):
    title = gettext_lazy("call")
    parameter_name = "call"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Call.objects.values_list("code", "title"))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(call__code=_plain(self.value())) if self.value() else queryset


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(OrganizationKind.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(org_kind=_plain(self.value())) if self.value() else queryset


class StateFilter(admin.SimpleListFilter):
    """The states in the words of staff."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state, word) for state, word in STAFF_WORDS.items() if state != ApplicationState.DRAFT]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state=_plain(self.value())) if self.value() else queryset


class ThemeFilter(admin.SimpleListFilter):
    title = gettext_lazy("theme")
    parameter_name = "theme"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        language = get_language() or "ja"
        return [
            (row.code, row.localized("name", language)) for row in Theme.objects.order_by("order", "code")
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(themes__contains=[_plain(self.value())]) if self.value() else queryset


class FlagFilter(admin.SimpleListFilter):
    title = gettext_lazy("flag")
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(flag.code, flag.label) for flag in FLAGS]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return with_flag(queryset, self.value() or "", actor=request.user)


class ApplicationList(ChangeList):
    """Rows with their flags, themes and messages a day; the same queries for one row and for fifty."""

    def get_results(self, request: HttpRequest) -> None:
        with _by_index() if self.query else nullcontext():
            super().get_results(request)
            rows = self.result_list.select_related(None).select_related("call").only(*SHOWN)
            self.result_list: Any = list(rows)
        flags = flags_by_row(self.result_list, actor=request.user)
        # The filter has read the themes already; without themes there is no filter.
        read = [dict(spec.lookup_choices) for spec in self.filter_specs if isinstance(spec, ThemeFilter)]
        names = read[0] if read else {}
        for row in self.result_list:
            row.flags = flags[row.pk]
            row.word = STAFF_WORDS[row.state]
            row.messages = messages_a_day(row.sensors)
            row.theme_names = [names.get(code, code) for code in row.themes]


class ListMixin(admin.ModelAdmin[Application]):
    """Drafts are the applicants' own and are never listed."""

    list_display: Any = (
        "number",
        "short_title",
        "company",
        "kind",
        "state_word",
        "devices",
        "messages_of_day",
        "theme_words",
        "flag_words",
        "received",
    )
    list_filter: ClassVar[Any] = (CallFilter, StateFilter, KindFilter, ThemeFilter, FlagFilter)
    search_fields: ClassVar[Any] = ("search_text",)
    search_help_text = gettext_lazy(
        "Title, need, plan, organization, kana, number, place, contact. Two letters are enough."
    )
    list_select_related: ClassVar = ("call",)
    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-submitted_at",)
    actions = None

    @admin.display(description=gettext_lazy("number"), ordering="code")
    def number(self, row: Application) -> str:
        return row.code

    @admin.display(description=gettext_lazy("title"), ordering="title")
    def short_title(self, row: Application) -> str:
        return row.title

    @admin.display(description=gettext_lazy("organization"), ordering="org_name")
    def company(self, row: Application) -> str:
        return row.org_name

    @admin.display(description=gettext_lazy("kind"), ordering="org_kind")
    def kind(self, row: Application) -> str:
        return str(row.get_org_kind_display())

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, row: Application) -> str:
        return ""

    @admin.display(description=gettext_lazy("devices"), ordering="device_count")
    def devices(self, row: Application) -> Any:
        return ""

    @admin.display(description=gettext_lazy("messages a day"))
    def messages_of_day(self, row: Application) -> str:
        return ""

    @admin.display(description=gettext_lazy("themes"))
    def theme_words(self, row: Application) -> str:
        return ""

    @admin.display(description=gettext_lazy("flags"))
    def flag_words(self, row: Application) -> str:
        return ""

    @admin.display(description=gettext_lazy("received"), ordering="submitted_at")
    def received(self, row: Application) -> str:
        return ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ApplicationList

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Words of two characters are found: pairs in the index, then the text itself."""
        return search(queryset, query=search_term), False

    def get_queryset(self, request: HttpRequest) -> ApplicationQuerySet:
        return Application.objects.submitted().select_related("call", "decided_by", "created_by")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list with the link to its export: the very rows that are filtered."""
        code = _plain(request.GET.get("call"))
        chosen = Call.objects.filter(code=code).values_list("pk", flat=True).first() if code else None
        context = {"export_query": request.GET.urlencode(), "chosen_call": chosen}
        return super().changelist_view(request, {**context, **(extra_context or {})})


@contextmanager
def _by_index() -> Iterator[None]:
    """Searches in here use the index of pairs, also where a word stands in every row.

    PostgreSQL does not count what it takes to unpack the pairs of each row when it reads them all.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL jit = on")


def _plain(value: Any) -> str:
    """What an address names, without what no text of the database can hold."""
    return kept_text(str(value or ""))[:200]
