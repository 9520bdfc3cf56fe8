"""What went wrong with a webhook, in words: by the code that an attempt or a refusal keeps."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_ADDRESS: Final[dict[str, str | Promise]] = {
    "form": gettext_lazy("This is not a complete address. Write it like https://receiver.example/hook."),
    "scheme": gettext_lazy("The address must begin with https://."),
    "credentials": gettext_lazy(
        "Leave the user name and password out of the address. The signature proves who sends."
    ),
    "port": gettext_lazy("Choose port 443, 80 or one from 1024 on."),
    "private": gettext_lazy(
        "This address is not on the internet. The portal does not send to private addresses."
    ),
}
_ATTEMPT: Final[dict[str, str | Promise]] = {
    "address": gettext_lazy("The address cannot be used."),
    "private": gettext_lazy("The name leads to a private address. Nothing was sent."),
    "name": gettext_lazy("The name of the receiver was not found."),
    "tls": gettext_lazy("The receiver’s certificate is not valid."),
    "connect_timeout": gettext_lazy("The receiver did not take the connection within 3 seconds."),
    "timeout": gettext_lazy("The receiver gave no whole answer within 15 seconds."),
    "connect": gettext_lazy("The receiver refused the connection."),
    "broken": gettext_lazy("The connection broke off."),
    "protocol": gettext_lazy("The answer was not HTTP."),
    "secret": gettext_lazy("The signing secret cannot be read. Make a new one."),
}


def address_words(code: str) -> str:
    """Why an address is refused, and how to mend it."""
    return str(_ADDRESS.get(code, _ADDRESS["form"]))


def attempt_words(status: int | None, error: str) -> str:
    """What one attempt came to, in a sentence."""
    if status is None:
        return str(_ATTEMPT.get(error, _("Something unexpected went wrong.")))
    if 200 <= status < 300:
        return _("Taken.")
    if 300 <= status < 400:
        return _("The receiver pointed elsewhere. Redirects are not followed: enter the final address.")
    if status == 410:
        return _("The receiver said that it is gone. The webhook was switched off.")
    return _("The receiver did not take it.")
