"""Writes of people: first sign-in, profile, cleaning up addresses that never confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.audit.domain import record
from apps.core import clock
from apps.core.text import clean_line

#: How long an address that asked for a code and never used it is kept.
UNCONFIRMED_LIFETIME = timedelta(hours=24)


def known_language(language: str | None) -> str:
    """``language`` (``ja``, ``en-us``) as one of ours; Japanese otherwise."""
    code = (language or "")[:2]
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


@transaction.atomic
def person_expect(*, email: str, language: str | None = None) -> User | None:
    """The person of ``email``, made unconfirmed when unknown. None when they may not sign in.

    Called for each request of a code, so that known and unknown addresses do the same work.
    """
    email = email.strip().lower()
    user = User.objects.filter(email=email).first()
    if user is None:
        try:
            with transaction.atomic():
                user = User.objects.create_user(email, language=known_language(language), unconfirmed=True)
        except IntegrityError:  # asked twice at the same moment
            user = User.objects.get(email=email)
    return user if user.is_active else None


@transaction.atomic
def person_confirm(*, user: User) -> None:
    """The code came back: the address is this person's."""
    if User.objects.filter(pk=user.pk, unconfirmed=True).update(unconfirmed=False):
        user.unconfirmed = False
        record(action="person.join", actor=user, target=user)


@transaction.atomic
def profile_change(*, actor: User, name: str, language: str) -> User:
    """Change the own name and language; raises ``ValidationError``."""
    user = User.objects.select_for_update().get(pk=actor.pk)
    user.name, user.language = clean_line(name), language
    user.full_clean(exclude=["password"])
    user.save(update_fields=["name", "language", "updated_at"])
    actor.name, actor.language = user.name, user.language
    record(action="person.profile", actor=actor, target=user)
    return user


@transaction.atomic
def people_clean_up(*, now: datetime | None = None) -> int:
    """Delete addresses that asked for a code and never confirmed; returns how many."""
    limit = (now or clock.now()) - UNCONFIRMED_LIFETIME
    stale = User.objects.filter(
        unconfirmed=True, last_login__isnull=True, is_staff=False, is_reviewer=False, created_at__lt=limit
    )
    count = stale.count()
    stale.delete()
    return count


@transaction.atomic
def person_save(*, user: User, actor: User | Any, changed: list[str]) -> User:
    """Staff add a person or change rights; raises ``ValidationError``."""
    new = user._state.adding
    if new:
        user.set_unusable_password()
    user.email = user.email.strip().lower()
    user.unconfirmed = False
    user.full_clean(exclude=["password"])
    user.save()
    rights = ("is_staff", "is_reviewer", "is_superuser", "is_active")
    record(
        action="person.add" if new else "person.change",
        actor=actor,
        target=user,
        data={"fields": changed, **{name: getattr(user, name) for name in rights}},
    )
    return user


@transaction.atomic
def factors_remove(*, user: User, actor: User | Any) -> None:
    """Take away all second factors of a person who lost them."""
    user.authenticator_set.all().delete()  # type: ignore[attr-defined]
    record(action="person.factors_removed", actor=actor, target=user)


@transaction.atomic
def reviewer_mark(*, user: User, actor: User | Any, reviewing: bool) -> None:
    """``user`` reviews something, or nothing any more: then a second factor is asked of them no longer."""
    row = User.objects.select_for_update().get(pk=user.pk)
    if row.is_reviewer == reviewing:
        return
    row.is_reviewer = user.is_reviewer = reviewing
    row.save(update_fields=["is_reviewer", "updated_at"])
    record(action="person.change", actor=actor, target=row, data={"is_reviewer": reviewing})
