"""Letters of the city: numbered without gaps, made once as PDF, kept with their digest.

What a letter says is settled when it is issued (``values``); its PDF is made from that by a job, or when
it is first asked for. A void letter keeps its number and stays in the list.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction

from apps.audit.domain import record
from apps.calls.models import Application, Letter, LetterNumber
from apps.calls.rules.letters import letter_number
from apps.calls.selectors.letters import letter_context
from apps.core import clock
from apps.core.models import SiteSettings
from apps.core.pdf import pdf_of_template
from apps.core.site import site_settings
from apps.outbox.domain import job_queue

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.organizations.models import Organization

#: The outbox builds attachments of this kind, and does jobs of this kind.
LETTER_KIND = "calls.letter"


class LetterDamaged(Exception):
    """The stored file is gone or is not the one that was made; the words are for the log."""


@transaction.atomic
def letter_issue(
    *,
    kind: str,
    organization: Organization,
    addressee: str,
    language: str,
    values: Mapping[str, Any],
    actor: User | None,
    application: Application | None = None,
    trial_code: str = "",
    now: datetime | None = None,
    told_at: datetime | None = None,
) -> Letter:
    """Issue a letter: the next number of the fiscal year, without gaps (the number is locked until the
    caller's transaction ends). ``told_at``: since when the addressee may read it, None until it is told.

    ``values`` are facts, for both languages, as JSON: ``code``, ``title``, ``call``, ``call_en``,
    ``period`` ([first, last] ISO days), ``devices``, ``messages``, ``conditions``, ``reason``,
    ``report_due`` (ISO day), ``accept_until`` (ISO moment), ``rank``, ``comments`` ([str]), and for a
    change ``rows`` ([{"label", "before", "after"}, each also with ``_en``]). What is missing is left out.
    """
    now = now or clock.now()
    site, day = site_settings(), clock.local_date(now)
    year = clock.fiscal_year(day)
    serial = _next_serial(year)
    letter = Letter(
        fiscal_year=year,
        serial=serial,
        number=letter_number(site.letter_prefix, year, serial),
        kind=kind,
        issued_on=day,
        application=application,
        trial_code=trial_code,
        organization=organization,
        addressee=addressee,
        language=language,
        values={**_signed(site), **values},
        created_by=actor,
        told_at=told_at,
    )
    letter.full_clean(validate_unique=False)
    letter.save()
    data = {"number": letter.number, "kind": kind}
    record(action="letter.issue", actor=actor, target=letter, organization_id=organization.pk, data=data)
    job_queue(kind=LETTER_KIND, payload={"letter": str(letter.pk)}, dedupe_key=f"{LETTER_KIND}:{letter.pk}")
    return letter


def _next_serial(year: int) -> int:
    LetterNumber.objects.get_or_create(fiscal_year=year)
    counter = LetterNumber.objects.select_for_update().get(fiscal_year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last


def _signed(site: SiteSettings) -> dict[str, Any]:
    """What every letter says of the city, as it is set now."""
    names = ("city_name", "city_name_en", "department", "department_en", "contact_email", "contact_phone")
    signed = ("letter_signatory", "letter_signatory_en", "letter_note")
    found = {name: str(getattr(site, name)) for name in (*names, *signed)}
    fresh = SiteSettings()
    unset = any(getattr(site, name) == getattr(fresh, name) for name in ("letter_prefix", "letter_signatory"))
    return {**found, "sample": bool(settings.DEMO or unset)}


@transaction.atomic
def letters_void(*, application: Application, actor: Any, now: datetime | None = None) -> int:
    """The letters about ``application`` that nobody was told of are void; how many. Numbers stay used."""
    rows = Letter.objects.select_for_update(of=("self",)).filter(
        application=application, told_at=None, voided_at=None
    )
    count = 0
    for row in rows.order_by("serial"):
        row.voided_at = now or clock.now()
        row.save(update_fields=["voided_at", "updated_at"])
        record(
            action="letter.void",
            actor=actor,
            target=row,
            organization_id=row.organization_id,
            data={"number": row.number},
        )
        count += 1
    return count


def letters_tell(*, applications: Sequence[uuid.UUID], now: datetime) -> int:
    """The mails with these applications' letters left: their addressees may read them from now on."""
    rows = Letter.objects.filter(application__in=applications, told_at=None, voided_at=None)
    return rows.update(told_at=now, updated_at=now)


def letter_pdf(letter: Letter) -> bytes:
    """The letter as PDF, made anew from its values. Raises ``core.pdf.PdfFailed``."""
    return pdf_of_template("calls/letters/letter.html", letter_context(letter), language="ja")


@transaction.atomic
def letter_store(*, letter: Letter) -> Letter:
    """Make the PDF and keep it with its SHA-256, once; whoever comes second gets what is there."""
    row = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
    if row.file:
        return row
    content = letter_pdf(row)
    row.sha256 = hashlib.sha256(content).hexdigest()
    row.file.save(f"{row.fiscal_year}-{row.serial:04d}.pdf", ContentFile(content), save=False)
    row.save(update_fields=["file", "sha256", "updated_at"])
    return row


def letter_content(letter: Letter) -> bytes:
    """The stored PDF, made first if it is not there yet. Raises ``LetterDamaged`` for another file."""
    row = letter if letter.file else letter_store(letter=letter)
    try:
        with row.file.storage.open(str(row.file.name)) as file:
            content = bytes(file.read())
    except OSError as error:
        raise LetterDamaged(f"{row.number}: {error}") from error
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise LetterDamaged(f"{row.number}: the file is not the one that was made.")
    return content


def letter_job(payload: dict[str, Any]) -> None:
    """For the outbox: make the PDF of ``{"letter": uuid}``. Safe to call twice."""
    letter_store(letter=Letter.objects.get(pk=uuid.UUID(payload["letter"])))


def letter_attachment(args: dict[str, Any], language: str) -> tuple[bytes, str]:
    """For the outbox: the letter ``{"letter": uuid}`` and its type; the same bytes each time."""
    return letter_content(Letter.objects.get(pk=uuid.UUID(args["letter"]))), "application/pdf"


def letter_name(letter: Letter) -> str:
    """``2026-0012-adoption.pdf``"""
    return f"{letter.fiscal_year}-{letter.serial:04d}-{letter.kind}.pdf"
