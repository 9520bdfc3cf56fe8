"""The own profile, the second factor, leaving."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEntry
from tests.cast import Cast
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
PAGES = [
    "accounts:profile",
    "account_email",
    "account_logout",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
]


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def totp(secret: str, periods: int = 0) -> str:
    """The code of now, or of so many half minutes later."""
    _before, now, _after = yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(secret, now + periods))


@pytest.mark.parametrize("name", PAGES)
def test_own_pages_stand_in_our_frame_and_ask_others_to_sign_in(name: str) -> None:
    page = signed_in(UserFactory.create()).get(reverse(name))
    assert page.status_code == 200
    assert 'class="skip"' in page.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", page.content.decode())
    if name != "account_logout":
        assert Client().get(reverse(name)).url.startswith("/account/login")


def test_name_and_language_are_kept(client: Client) -> None:
    user = UserFactory.create(name="", language="ja")
    url = reverse("accounts:profile")
    assert signed_in(user).post(url, {"name": " 山田\u202e  花子 ", "language": "en"}).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.language) == ("山田 花子", "en")
    assert AuditEntry.objects.get().action == "person.profile"
    answer = signed_in(user).post(url, {"name": "x" * 101, "language": "de"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "language"}


@pytest.mark.django_db(transaction=True)
def test_the_app_is_set_up_and_then_asked_for() -> None:
    user = UserFactory.create()
    client = signed_in(user)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert client.post(reverse("mfa_activate_totp"), {"code": "000000"}).status_code in (200, 422)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": totp(secret)})
    assert answer.url == reverse("mfa_view_recovery_codes")
    assert client.get(answer.url).status_code == 200
    assert client.get(reverse("mfa_index")).status_code == 200
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"totp", "recovery_codes"}


def test_signing_in_asks_for_the_second_factor() -> None:
    from apps.outbox.models import Message

    user = UserFactory.create(email="haru@example.jp")
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    client = Client()
    client.post("/account/login/code/", {"email": user.email, "next": "/trials/"})
    code = re.findall(r"^\d{6}$", Message.objects.get().body, re.MULTILINE)[0]
    answer = client.post("/account/login/code/confirm/", {"code": code, "next": "/trials/"})
    assert answer.url.startswith(reverse("mfa_authenticate"))
    page = client.get(answer.url)
    assert page.status_code == 200
    assert "_auth_user_id" not in client.session
    answer = client.post(reverse("mfa_authenticate"), {"code": totp(secret)})
    assert (answer.url, client.session["_auth_user_id"]) == ("/trials/", str(user.pk))


def test_a_code_of_the_half_minute_beside_is_taken_once() -> None:
    secret = generate_totp_secret()
    held = TOTP.activate(UserFactory.create(), secret)
    assert held.validate_code(totp(secret, 1))
    assert not held.validate_code(totp(secret, 1))
    assert not held.validate_code(totp(secret, -3))
    assert not held.validate_code(totp(secret, 3))


@pytest.mark.parametrize("who", ["staff", "reviewer"])
def test_staff_without_a_second_factor_are_led_to_one(who: str, cast: Cast, settings) -> None:
    settings.SECOND_FACTOR_REQUIRED_FOR_STAFF = True
    client = signed_in(getattr(cast, who))
    for url in ("/admin/", "/", "/trials/", "/account/profile/"):
        assert client.get(url).url == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    TOTP.activate(getattr(cast, who), generate_totp_secret())
    assert client.get("/account/profile/").status_code == 200


def test_others_are_not_asked_for_a_second_factor(cast: Cast, settings) -> None:
    settings.SECOND_FACTOR_REQUIRED_FOR_STAFF = True
    assert signed_in(cast.owner).get("/account/profile/").status_code == 200


def test_the_address_is_changed_by_a_code_sent_to_the_new_one() -> None:
    from apps.outbox.models import Message

    user = UserFactory.create(email="old@example.jp")
    client = signed_in(user)
    client.get(reverse("account_email"))
    answer = client.post(reverse("account_email"), {"email": "new@example.jp", "action_add": "1"})
    assert answer.url == reverse("account_email_verification_sent")
    assert client.get(answer.url).status_code == 200
    message = Message.objects.get(to_email="new@example.jp")
    assert message.secret
    code = re.findall(r"^\d{6}$", message.body, re.MULTILINE)[0]
    client.post(answer.url, {"code": code})
    user.refresh_from_db()
    assert user.email == "new@example.jp"


def test_leaving_asks_first() -> None:
    client = signed_in(UserFactory.create())
    assert client.get("/account/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    client.post("/account/logout/")
    assert "_auth_user_id" not in client.session


def test_staff_take_away_lost_factors(cast: Cast) -> None:
    TOTP.activate(cast.owner, generate_totp_secret())
    url = reverse("admin:accounts_user_changelist")
    data = {"action": "remove_factors", "_selected_action": [str(cast.owner.pk)]}
    cast.staff.is_superuser = False
    cast.staff.save()
    signed_in(cast.staff).post(url, data)
    assert Authenticator.objects.count() == 1
    cast.staff.is_superuser = True
    cast.staff.save()
    assert signed_in(cast.staff).post(url, data).status_code == 302
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.filter(action="person.factors_removed").exists()
