"""How allauth meets our people: mails through the outbox, codes of six digits, our words."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from apps.accounts.domain import known_language
from apps.accounts.models import User
from apps.core.site import site_settings
from apps.outbox.domain import message_queue

#: allauth's mails and ours. What is not here is not sent.
MAILS = {
    "account/email/login_code": "accounts-code",
    "account/email/email_confirmation": "accounts-confirm",
    "account/email/email_confirmation_signup": "accounts-confirm",
    "account/email/account_already_exists": "accounts-taken",
}
#: allauth's messages that are worth a line on the next page.
MESSAGES: dict[str, str | Promise] = {
    "account/messages/logged_out.txt": _("You are signed out."),
    "account/messages/email_confirmed.txt": _("Your e-mail address is confirmed."),
    "account/messages/email_deleted.txt": _("The change of your e-mail address is cancelled."),
    "account/messages/primary_email_set.txt": _("Your e-mail address is changed."),
    "mfa/messages/totp_activated.txt": _("The authenticator app is set up."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app is removed."),
    "mfa/messages/webauthn_added.txt": _("The passkey is added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
}
TOO_MANY = _("Too many codes were asked for. Please wait ten minutes and try again.")


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter; mails leave through the outbox."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _("That is not the code. Please check the six digits."),
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": _("Too many tries. Please wait a few minutes."),
        "email_taken": _("This e-mail address cannot be used."),
        "same_as_current": _("That is your present e-mail address."),
        "duplicate_email": _("That is your present e-mail address."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: who asks for a code and enters it belongs."""
        return False

    def generate_login_code(self) -> str:
        return f"{secrets.randbelow(10**6):06d}"

    def generate_email_verification_code(self) -> str:
        return self.generate_login_code()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue one of ``MAILS`` in the person's language; the row's text is wiped once it is sent."""
        template = MAILS.get(template_prefix)
        if template is None:
            return
        user = User.objects.filter(email=email.lower()).first()
        unknown = user is None or user.unconfirmed
        language = known_language(get_language()) if user is None or unknown else user.language
        site = site_settings()
        message_queue(
            to=email,
            language=language,
            template=template,
            context={
                "code": context.get("code", ""),
                "minutes": settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60,
                "site_name": site.localized("site_name", language),
                "city": site.localized("city_name", language),
                "department": site.localized("department", language),
                "contact_email": site.contact_email,
            },
            user=user,
            secret=True,
        )

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Not sent: the page itself says what changed."""

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        text = message or MESSAGES.get(message_template or "")
        if text:
            messages.add_message(request, level, str(text), extra_tags=extra_tags)


class SecondFactorAdapter(DefaultMFAAdapter):
    """allauth's adapter for second factors: named after the city's site."""

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _text("Passkey %(number)d") % {"number": count + 1}

    def get_totp_issuer(self) -> str:
        return str(site_settings().localized("site_name", known_language(get_language())))
