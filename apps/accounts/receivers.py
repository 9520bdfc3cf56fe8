"""What happens when a person signs in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from apps.accounts.domain import person_confirm
from apps.accounts.models import User


@receiver(user_logged_in, dispatch_uid="accounts.confirm")
def confirm(sender: Any, user: User, **kwargs: Any) -> None:
    if user.unconfirmed:
        person_confirm(user=user)
