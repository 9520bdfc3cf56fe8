"""API keys (a kind prefix, a lookup part, a secret kept only as HMAC), their use by day, their limits."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connections, models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.apikeys.enums import KeyKind, Refusal, Scope
from apps.apikeys.rules import PREFIXES
from apps.core import clock
from apps.core.models import TimeStampedModel, UUIDModel
from apps.organizations.models import Organization
from apps.trials.models import Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


@cache
def _by_lookup() -> tuple[list[str], str]:
    """The names of a key's fields, and the question for them in this order: so the row needs no reading of
    what its columns are called."""
    fields = ApiKey._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    question = f"SELECT {columns} FROM apikeys_apikey WHERE lookup = %s"  # noqa: S608 -- own names
    return [field.attname for field in fields], question


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, actor: User | Any) -> ApiKeyQuerySet:
        if not actor.is_authenticated:
            return self.none()
        if actor.is_staff:
            return self
        return self.filter(models.Q(organization__memberships__user=actor) | models.Q(person=actor))

    def by_lookup(self, lookup: str) -> ApiKey | None:
        """The key of this lookup part. Asked at every call of the API, so it goes by bare SQL: making the
        query by Django would cost several times what PostgreSQL needs for it."""
        names, question = _by_lookup()
        with connections[self.db].cursor() as cursor:
            cursor.execute(question, [lookup])
            row = cursor.fetchone()
        return None if row is None else self.model.from_db(self.db, names, row)

    def usable(self, at: datetime) -> ApiKeyQuerySet:
        return self.filter(revoked_at=None, expires_at__gt=at)


class ApiKey(UUIDModel, TimeStampedModel):
    """A key of an organization, limited to scopes and to trials (none: all of the organization's).

    A person's key (``kind`` personal) has a person in the organization's place and reads what is public.
    Keys that took one another's place share ``family``.
    """

    kind = models.CharField(
        _("kind"), max_length=12, choices=KeyKind.choices, default=KeyKind.ORGANIZATION, editable=False
    )
    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="api_keys",
        verbose_name=_("organization"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="api_keys",
        verbose_name=_("person"),
    )
    name = models.CharField(_("name"), max_length=80)
    lookup = models.CharField(_("key begins with"), max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    digest_mark = models.CharField(
        _("secret of the digest"),
        max_length=8,
        blank=True,
        help_text=_("Names the server’s secret, not the key’s. Empty: made before secrets had names."),
    )
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope.choices), verbose_name=_("may"))
    trials = models.ManyToManyField(Trial, blank=True, related_name="api_keys", verbose_name=_("trials"))
    networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, verbose_name=_("only from these networks")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    expires_at = models.DateTimeField(_("valid until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    family = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    replaces = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="replacement",
        verbose_name=_("in the place of"),
    )
    reminded_days = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    last_used_from = models.CharField(_("last used from the network"), max_length=43, blank=True)
    last_used_agent = models.CharField(_("last used by the program"), max_length=120, blank=True)

    objects: ClassVar[ApiKeyQuerySet] = ApiKeyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(organization=None, person__isnull=False, scopes__contained_by=[Scope.READ_OPEN]),
                    kind=KeyKind.PERSONAL,
                )
                | models.Q(~models.Q(kind=KeyKind.PERSONAL), organization__isnull=False, person=None),
                name="apikeys_apikey_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.lookup}…)"

    @property
    def begins_with(self) -> str:
        """What is shown of the key in lists."""
        return f"{PREFIXES[self.kind]}_{self.lookup}"

    @property
    def scope_refusal(self) -> tuple[str, str] | None:
        """The (code, words) with which the API refuses the key where its scopes do not reach."""
        if self.kind != KeyKind.PERSONAL:
            return None
        text = gettext("A person’s key reads only what is public. This needs an organization’s key.")
        return "key_personal", text

    @property
    def write_refusal(self) -> tuple[str, str] | None:
        """The (code, words) with which the API refuses what changes anything, whatever the scopes: the key
        of the docs page is every member's, of those who may only look too."""
        if self.kind != KeyKind.DOCS:
            return None
        text = gettext("The key of the docs page only reads. Make a key for this in the workspace.")
        return "key_read_only", text

    def is_usable(self, at: datetime | None = None) -> bool:
        return self.revoked_at is None and self.expires_at > (at or clock.now())


class ApiUsage(models.Model):
    """Calls with a key on a day in Japan, as one counter told of them; a day is the sum over ``source``.

    Redis counts and is read each minute; when it began anew, its ``source`` has another name.
    """

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="usage")
    day = models.DateField(_("day"))
    source = models.CharField(max_length=12)
    calls = models.PositiveIntegerField(pgettext_lazy("api", "calls"), default=0)
    refused = models.PositiveIntegerField(_("refused for a limit"), default=0)

    class Meta:
        verbose_name = _("use of an API key")
        verbose_name_plural = _("use of API keys")
        constraints = [
            models.UniqueConstraint(fields=["key", "day", "source"], name="apikeys_apiusage_counter")
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}: {self.calls}"


class ApiRefusal(models.Model):
    """Calls that held the whole of a key and were refused at the door, by reason and address.

    So is noticed that a stranger holds a key, or a forgotten program its predecessor. ``address`` is that of
    the caller, of IPv6 its /64; empty gathers those beyond the most that are kept apart.
    """

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="refusals")
    reason = models.CharField(_("why"), max_length=20, choices=Refusal.choices)
    address = models.CharField(pgettext_lazy("api", "address"), max_length=43, blank=True)
    agent = models.CharField(_("program"), max_length=120, blank=True)
    calls = models.PositiveIntegerField(pgettext_lazy("api", "calls"), default=0)
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"), db_index=True)

    class Meta:
        verbose_name = _("refused use of an API key")
        verbose_name_plural = _("refused uses of API keys")
        constraints = [
            models.UniqueConstraint(fields=["key", "reason", "address"], name="apikeys_apirefusal_place")
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.calls}"


class ApiWindow(models.Model):
    """A count of calls while Redis is away. Rows that are over are swept."""

    name = models.CharField(primary_key=True, max_length=100)
    ends_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("count of calls")
        verbose_name_plural = _("counts of calls")

    def __str__(self) -> str:
        return f"{self.name}: {self.used}"
