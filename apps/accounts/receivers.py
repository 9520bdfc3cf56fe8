"""What happens when a person signs in or changes a second factor."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from apps.accounts.domain import person_confirm
from apps.accounts.models import User
from apps.audit.domain import record


@receiver(user_logged_in, dispatch_uid="accounts.confirm")
def confirm(sender: Any, user: User, **kwargs: Any) -> None:
    if user.unconfirmed:
        person_confirm(user=user)


@receiver(authenticator_added, dispatch_uid="accounts.factor")
def factor_added(sender: Any, request: Any, user: User, authenticator: Any, **kwargs: Any) -> None:
    """Who just set up a factor has shown it: do not ask for it again at once."""
    if authenticator.type != authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, method="mfa", reauthenticated=True, type=authenticator.type)
    record(action="person.factor_added", actor=user, target=user, data={"type": authenticator.type})


@receiver(authenticator_removed, dispatch_uid="accounts.factor_removed")
def factor_removed(sender: Any, user: User, authenticator: Any, **kwargs: Any) -> None:
    record(action="person.factor_removed", actor=user, target=user, data={"type": authenticator.type})
