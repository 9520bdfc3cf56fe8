"""Abstract bases of every model, and the city's settings."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from apps.core.colour import contrast_with_white


class UUIDModel(models.Model):
    """A row whose public identity is a random UUID."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class TimeStampedModel(models.Model):
    """A row that knows when it was made and last changed."""

    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True


class TwoLanguages:
    """A row with texts in Japanese and, in fields that end in ``_en``, in English."""

    def localized(self, field: str, language: str) -> str:
        """The text of ``field`` in ``language``; Japanese where English is empty."""
        english = getattr(self, f"{field}_en", "") if language == "en" else ""
        return str(english or getattr(self, field))


def colour_problem(value: str) -> str | None:
    """Why white text is not legible on the CSS colour ``value`` (WCAG AA, 4.5:1); None when it is."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        return _text("Write the colour as # and six hexadecimal digits, for example #004c59.")
    ratio = contrast_with_white(value)
    if ratio >= 4.5:
        return None
    text = _text("White text on this colour has a contrast of %(ratio)s. It must be 4.5 or more.")
    return text % {"ratio": f"{ratio:.1f}"}


class SiteSettings(TwoLanguages, models.Model):
    """What a city sets once: its names, colours, logo, map centre and contact. One row."""

    site_name = models.CharField(_("site name"), max_length=60, default="まちトライ")
    site_name_en = models.CharField(_("site name (English)"), max_length=60, default="Machitry")
    city_name = models.CharField(_("city"), max_length=60, default="見本市")
    city_name_en = models.CharField(_("city (English)"), max_length=60, default="Sample City")
    network_name = models.CharField(_("network"), max_length=80, default="見本市センサーネットワーク")
    network_name_en = models.CharField(
        _("network (English)"), max_length=80, default="Sample City Sensor Network"
    )
    department = models.CharField(_("department"), max_length=80, default="スマートシティ担当")
    department_en = models.CharField(_("department (English)"), max_length=80, default="Smart City Section")
    contact_email = models.EmailField(_("contact e-mail"), default="contact@example.jp")
    contact_phone = models.CharField(_("contact phone"), max_length=30, blank=True)
    contact_hours = models.CharField(_("office hours"), max_length=60, blank=True, default="平日 8:30–17:15")
    contact_hours_en = models.CharField(
        _("office hours (English)"), max_length=60, blank=True, default="Weekdays 8:30–17:15"
    )
    key_colour = models.CharField(
        _("key colour"),
        max_length=7,
        default="",
        blank=True,
        help_text=_("Empty: the colour of the design. White text stands on it."),
    )
    logo = models.FileField(
        _("logo"),
        upload_to="site/",
        blank=True,
        validators=[FileExtensionValidator(["png", "webp", "jpg", "jpeg"])],
        help_text=_("PNG, WebP or JPEG, square, at least 96 px. Empty: the portal's own mark."),
    )
    map_latitude = models.FloatField(
        _("map centre, latitude"), default=36.7012, validators=[MinValueValidator(-85), MaxValueValidator(85)]
    )
    map_longitude = models.FloatField(
        _("map centre, longitude"),
        default=137.2137,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    map_zoom = models.PositiveSmallIntegerField(
        _("map zoom"), default=11, validators=[MinValueValidator(3), MaxValueValidator(18)]
    )
    pledge_form = models.CharField(
        _("form of the pledge"),
        max_length=8,
        choices=[("one", _("one tick for all")), ("each", _("a tick for each"))],
        default="one",
    )
    radio_dwell_limit = models.BooleanField(
        _("dwell time limit of 400 ms"),
        default=True,
        help_text=_("AS923: with the limit DR0 and DR1 cannot be used and payloads are shorter."),
    )
    radio_far_rate = models.PositiveSmallIntegerField(
        _("data rate in far places (DR)"), default=2, validators=[MaxValueValidator(5)]
    )
    radio_hourly_seconds = models.PositiveSmallIntegerField(
        _("airtime of a device in an hour (seconds)"),
        default=360,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
    )
    downlinks_a_day = models.PositiveSmallIntegerField(
        _("downlinks to a device in a day"),
        default=24,
        help_text=_("While an antenna sends, it hears nobody. A trial may be given another number."),
    )
    letter_prefix = models.CharField(
        _("letters: what stands before the number"),
        max_length=30,
        default="見本",
        help_text=_("The number is this, the fiscal year and a serial number."),
    )
    letter_signatory = models.CharField(
        _("letters: who signs"),
        max_length=120,
        default="見本市長　見本 太郎",
        help_text=_("Office and name."),
    )
    letter_signatory_en = models.CharField(
        _("letters: who signs (English)"), max_length=160, blank=True, default="Mayor of Sample City"
    )
    letter_note = models.CharField(
        _("letters: note below the signature"), max_length=120, blank=True, default="（公印省略）"
    )
    keep_uplinks_months = models.PositiveSmallIntegerField(
        _("keep single readings for (months)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(2), MaxValueValidator(1200)],
        help_text=_(
            "Empty: for ever. Older months are deleted in the night, for good. "
            "The latest state and the hourly values stay."
        ),
    )
    keep_dead_letters_days = models.PositiveSmallIntegerField(
        _("keep messages that could not be stored for (days)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(7), MaxValueValidator(36500)],
        help_text=_("Empty: for ever."),
    )
    devices_delete_after_days = models.PositiveSmallIntegerField(
        _("days after a trial until its devices leave the network server"),
        default=30,
        validators=[MaxValueValidator(3650)],
        help_text=_("At the end they are switched off there at once. Their data here stays."),
    )
    api_key_a_minute = models.PositiveIntegerField(
        _("API: calls with a key in a minute"), default=600, validators=[MinValueValidator(1)]
    )
    api_organization_a_minute = models.PositiveIntegerField(
        _("API: calls of an organization in a minute"), default=3000, validators=[MinValueValidator(1)]
    )
    api_organization_a_day = models.PositiveIntegerField(
        _("API: calls of an organization in a day"),
        default=200_000,
        validators=[MinValueValidator(1)],
        help_text=_("A day is the day in Japan."),
    )
    api_person_a_minute = models.PositiveIntegerField(
        _("API: calls of a person with keys for open data in a minute"),
        default=600,
        validators=[MinValueValidator(1)],
    )
    api_person_a_day = models.PositiveIntegerField(
        _("API: calls of a person with keys for open data in a day"),
        default=20_000,
        validators=[MinValueValidator(1)],
    )
    api_refused_a_minute = models.PositiveIntegerField(
        _("API: calls from an address in a minute whose key is refused"),
        default=30,
        validators=[MinValueValidator(1)],
        help_text=_("Calls with a good key from the same address go on."),
    )
    api_anonymous_a_minute = models.PositiveIntegerField(
        _("API: calls without a key from an address in a minute"),
        default=120,
        validators=[MinValueValidator(1)],
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("site settings")
        verbose_name_plural = _("site settings")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="core_sitesettings_single")]

    def __str__(self) -> str:
        return self.site_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.key_colour and (problem := colour_problem(self.key_colour)):
            raise ValidationError({"key_colour": problem})


class KeptAnswer(models.Model):
    """The answer to a request with an ``Idempotency-Key``, kept for a day so that it can be repeated.

    ``digest`` names the API key and the ``Idempotency-Key``, ``fingerprint`` the request; both are HMACs:
    a body may hold root keys, and an answer never does.
    """

    digest = models.CharField(max_length=64, unique=True)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    location = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("kept answer of the API")
        verbose_name_plural = _("kept answers of the API")

    def __str__(self) -> str:
        return f"{self.digest[:8]}… {self.status}"
