"""The table of sign-in and of the own account (allauth's pages under our templates)."""

from __future__ import annotations

from typing import Any

from tests.architecture.access.table import EVERYONE, NOWHERE, SIGNED_IN, Row, all_get
from tests.architecture.access.world import World

#: What needs a second factor that nobody here has.
NONE_YET = NOWHERE.but(anonymous=302)
#: One who has nothing to prove themselves by again is refused.
NO_WAY_YET = all_get(403).but(anonymous=302)
#: Pages for those who are not signed in; others are sent on.
VISITORS = all_get(302).but(anonymous=200)


def reset(w: World) -> dict[str, Any]:
    return {"uidb36": "1", "key": "nothing"}


def rest(w: World) -> dict[str, Any]:
    return {"rest": "change/"}


def passkey(w: World) -> dict[str, Any]:
    return {"pk": 1}


ROWS: list[Row] = [
    Row("accounts:sign-in", all_get(302)),
    Row("accounts:sign-up", all_get(302)),
    Row("accounts:password", all_get(302), rest),
    Row("accounts:code-ask", VISITORS),
    Row("accounts:code-confirm", all_get(302)),
    Row("accounts:profile", SIGNED_IN),
    Row("account_login", all_get(302)),
    Row("account_request_login_code", VISITORS),
    Row("account_confirm_login_code", all_get(302)),
    Row("account_signup", all_get(302)),
    Row("account_logout", SIGNED_IN),
    Row("account_inactive", EVERYONE),
    Row("account_reauthenticate", NO_WAY_YET),
    Row("account_email", SIGNED_IN),
    Row("account_email_verification_sent", all_get(302)),
    Row("account_change_password", all_get(302)),
    Row("account_set_password", all_get(302)),
    Row("account_reset_password", all_get(302)),
    Row("account_reset_password_done", all_get(302)),
    Row("account_reset_password_from_key", all_get(302), reset),
    Row("account_reset_password_from_key_done", all_get(302)),
    Row("mfa_index", SIGNED_IN),
    Row("mfa_authenticate", all_get(302)),
    Row("mfa_reauthenticate", NO_WAY_YET),
    Row("mfa_activate_totp", SIGNED_IN),
    Row("mfa_deactivate_totp", NONE_YET),
    Row("mfa_view_recovery_codes", NONE_YET),
    Row("mfa_generate_recovery_codes", SIGNED_IN),
    Row("mfa_download_recovery_codes", NONE_YET),
    Row("mfa_list_webauthn", SIGNED_IN),
    Row("mfa_add_webauthn", SIGNED_IN),
    Row("mfa_reauthenticate_webauthn", NO_WAY_YET),
    Row("mfa_remove_webauthn", NONE_YET, passkey),
    Row("mfa_edit_webauthn", NONE_YET, passkey),
    Row("mfa_login_webauthn", all_get(302)),
]
#: Forms of allauth that take POST; tests/accounts and the odd input hold what they do.
ALLAUTHS_FORMS = ("account_", "accounts:", "mfa_")
