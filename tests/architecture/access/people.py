"""The table of sign-in and of the own account (allauth's pages under our templates)."""

from __future__ import annotations

from typing import Any

from tests.architecture.access.table import EVERYONE, NOWHERE, SIGNED_IN, Row, all_get
from tests.architecture.access.world import World

#: What needs a second factor that nobody here has.
NONE_YET = NOWHERE.but(anonymous=302)
#: Pages for those who are not signed in; others are sent on.
VISITORS = all_get(302).but(anonymous=200)


def reset(w: World) -> dict[str, Any]:
    return {"uidb36": "1", "key": "nothing"}


def passkey(w: World) -> dict[str, Any]:
    return {"pk": 1}


ROWS: list[Row] = [
    Row("account_login", VISITORS),
    Row("account_request_login_code", VISITORS),
    Row("account_confirm_login_code", all_get(302)),
    Row("account_signup", VISITORS),
    Row("account_logout", SIGNED_IN),
    Row("account_inactive", EVERYONE),
    Row("account_reauthenticate", SIGNED_IN),
    Row("account_email", SIGNED_IN),
    Row("account_email_verification_sent", all_get(302)),
    Row("account_change_password", SIGNED_IN),
    Row("account_set_password", all_get(302)),
    Row("account_reset_password", EVERYONE),
    Row("account_reset_password_done", EVERYONE),
    Row("account_reset_password_from_key", EVERYONE, reset),
    Row("account_reset_password_from_key_done", EVERYONE),
    Row("mfa_index", SIGNED_IN),
    Row("mfa_authenticate", all_get(302)),
    Row("mfa_reauthenticate", all_get(302)),
    Row("mfa_activate_totp", all_get(302)),
    Row("mfa_deactivate_totp", NONE_YET),
    Row("mfa_view_recovery_codes", NONE_YET),
    Row("mfa_generate_recovery_codes", all_get(302)),
    Row("mfa_download_recovery_codes", NONE_YET),
    Row("mfa_list_webauthn", SIGNED_IN),
    Row("mfa_add_webauthn", all_get(302)),
    Row("mfa_reauthenticate_webauthn", all_get(302)),
    Row("mfa_remove_webauthn", all_get(302), passkey),
    Row("mfa_edit_webauthn", all_get(302), passkey),
    Row("mfa_login_webauthn", all_get(302)),
]
#: Forms of allauth that take POST; tests/accounts and the odd input hold what they do.
ALLAUTHS_FORMS = ("account_", "mfa_")
