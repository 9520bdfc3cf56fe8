"""Signing in by code: the way in, and every way not in."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.domain import people_clean_up, person_expect
from apps.accounts.models import User
from apps.core import cache, clock
from apps.outbox.domain import outbox_drain
from apps.outbox.models import Message
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
ASK = "/account/login/code/"
CONFIRM = "/account/login/code/confirm/"


def ask(client: Client, email: str, **data: str):
    return client.post(ASK, {"email": email, **data})


def code_for(email: str) -> str:
    message = Message.objects.filter(to_email=email).latest("created_at")
    return re.findall(r"^\d{6}$", message.body, re.MULTILINE)[0]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def signed_in_as(client: Client) -> str:
    return client.session.get("_auth_user_id", "")


def test_an_unknown_address_becomes_a_person_when_the_code_comes_back(client: Client) -> None:
    assert ask(client, "Haru@Example.JP").url == CONFIRM
    user = User.objects.get()
    assert (user.email, user.unconfirmed, user.has_usable_password()) == ("haru@example.jp", True, False)
    answer = client.post(CONFIRM, {"code": code_for("haru@example.jp")})
    assert answer.url == reverse("portal:after-sign-in")
    user.refresh_from_db()
    assert (signed_in_as(client), user.unconfirmed) == (str(user.pk), False)


def test_full_width_digits_and_an_address_typed_in_full_width_are_fine(client: Client) -> None:
    ask(client, "ｈａｒｕ＠example.jp ")
    code = code_for("haru@example.jp").translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    client.post(CONFIRM, {"code": f" {code[:3]} {code[3:]}"})
    assert signed_in_as(client)


def test_known_unknown_and_closed_addresses_get_the_same_answers(client: Client) -> None:
    UserFactory.create(email="known@example.jp")
    UserFactory.create(email="closed@example.jp", is_active=False)
    pages = {}
    for name in ("known", "stray", "closed"):
        visitor = Client()
        answer = ask(visitor, f"{name}@example.jp", next="/trials/")
        page = visitor.get(answer.url).content.decode().replace(name, "X")
        pages[name] = (answer.status_code, answer.url, re.sub(r'value="[\w]{64}"', "", page))
    assert pages["known"] == pages["stray"] == pages["closed"]
    assert not Message.objects.filter(to_email="closed@example.jp").exists()


def test_a_wrong_code_says_how_many_tries_are_left_and_the_fifth_ends_it(client: Client) -> None:
    ask(client, "haru@example.jp")
    code = code_for("haru@example.jp")
    seen = [client.post(CONFIRM, {"code": other_than(code)}) for _ in range(5)]
    assert [answer.status_code for answer in seen] == [422, 422, 422, 422, 302]
    assert "あと4回" in seen[0].content.decode()
    assert "あと1回" in seen[3].content.decode()
    assert "新しいコード" in client.get(seen[4].url).content.decode()
    client.post(CONFIRM, {"code": code})
    assert not signed_in_as(client)


def test_an_empty_code_costs_no_try(client: Client) -> None:
    ask(client, "haru@example.jp")
    for _ in range(6):
        assert client.post(CONFIRM, {"code": ""}).status_code == 422
    client.post(CONFIRM, {"code": code_for("haru@example.jp")})
    assert signed_in_as(client)


def test_an_expired_code_is_refused_in_words(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(client, "haru@example.jp")
    code, now = code_for("haru@example.jp"), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 601)
    answer = client.post(CONFIRM, {"code": code})
    assert "期限" in client.get(answer.url).content.decode()
    assert not signed_in_as(client)


def test_a_used_code_and_one_from_another_browser_are_refused(client: Client) -> None:
    ask(client, "haru@example.jp")
    code = code_for("haru@example.jp")
    stranger = Client()
    answer = stranger.post(CONFIRM, {"code": code})
    assert "新しいコード" in stranger.get(answer.url).content.decode()
    client.post(CONFIRM, {"code": code})
    client.post("/account/logout/")
    client.post(CONFIRM, {"code": code})
    assert not signed_in_as(client)


def test_a_new_code_replaces_the_old_one(client: Client) -> None:
    ask(client, "haru@example.jp")
    old = code_for("haru@example.jp")
    ask(client, "haru@example.jp")
    new = code_for("haru@example.jp")
    client.post(CONFIRM, {"code": old if old != new else other_than(new)})
    assert not signed_in_as(client)
    client.post(CONFIRM, {"code": new})
    assert signed_in_as(client)


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/trials/?q=1", "/trials/?q=1"),
        ("https://evil.example/", "/account/after-sign-in/"),
        ("//evil.example", "/account/after-sign-in/"),
    ],
)
def test_next_is_kept_when_it_is_ours(client: Client, wanted: str, reached: str) -> None:
    answer = ask(client, "haru@example.jp", next=wanted)
    page = client.get(answer.url).content.decode()
    kept = re.findall(r'name="next" value="([^"]*)"', page)
    assert "evil" not in page
    answer = client.post(
        CONFIRM, {"code": code_for("haru@example.jp"), **({"next": kept[0]} if kept else {})}
    )
    assert answer.url == reached


def test_the_sixth_code_for_an_address_in_ten_minutes_is_refused(client: Client, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"request_login_code": "20/m/ip,5/10m/key,30/d/key"}
    answers = [ask(Client(), "haru@example.jp") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [422]
    assert "10分" in answers[-1].content.decode()
    assert ask(Client(), "other@example.jp").status_code == 302


def test_without_redis_the_database_counts_and_the_limit_is_stricter(settings, unreachable_redis) -> None:
    client = Client()
    answers = [ask(client, "haru@example.jp").status_code for _ in range(3)]
    assert answers == [302, 302, 422]
    client.post(CONFIRM, {"code": code_for("haru@example.jp")})
    assert signed_in_as(client)


@pytest.fixture
def unreachable_redis(monkeypatch: pytest.MonkeyPatch):
    """The addresses of Redis lead nowhere; broker included."""
    from django.core.cache import caches

    nowhere = "unix:///nonexistent/redis.sock"
    kept = {alias: caches[alias] for alias in ("redis", "redis-pages")}
    for alias in kept:
        params = {**caches.settings[alias], "LOCATION": nowhere}
        params.pop("BACKEND")
        location = params.pop("LOCATION")
        setattr(caches._connections, alias, type(kept[alias])(location, params))  # type: ignore[call-arg]
    cache.forget()
    yield
    for alias, backend in kept.items():
        setattr(caches._connections, alias, backend)
    cache.forget()


def test_the_mail_speaks_the_persons_language_or_the_pages(client: Client) -> None:
    UserFactory.create(email="english@example.jp", language="en")
    ask(client, "english@example.jp")
    client.post("/en/account/login/code/", {"email": "visitor@example.jp"})
    ask(client, "haru@example.jp")
    rows = {row.to_email: (row.language, row.subject) for row in Message.objects.all()}
    assert rows == {
        "english@example.jp": ("en", "Your code to sign in to Machitry"),
        "visitor@example.jp": ("en", "Your code to sign in to Machitry"),
        "haru@example.jp": ("ja", "ログインの確認コード（まちトライ）"),
    }


def test_the_code_is_wiped_once_it_is_sent(client: Client, mailoutbox) -> None:
    ask(client, "haru@example.jp")
    code = code_for("haru@example.jp")
    outbox_drain()
    assert [mail.to for mail in mailoutbox] == [["haru@example.jp"]]
    assert code in mailoutbox[0].body
    assert Message.objects.get().body == ""


@pytest.mark.parametrize(
    "email", ["", "no address", "a@b", "x" * 300 + "@example.jp", "a@example.jp\nBcc: b@c.jp"]
)
def test_what_is_no_address_is_refused_beside_the_field(client: Client, email: str) -> None:
    answer = ask(client, email)
    assert answer.status_code == 422
    assert answer.context["form"].errors["email"]
    assert not User.objects.exists()


@pytest.mark.parametrize("path", ["login/", "signup/", "password/reset/", "password/change/"])
def test_pages_of_passwords_lead_to_the_code(client: Client, path: str) -> None:
    assert client.get(f"/account/{path}?next=/trials/").url == f"{ASK}?next=%2Ftrials%2F"


def test_only_addresses_that_never_confirmed_are_cleaned_up(client: Client) -> None:
    old = clock.now() - timedelta(hours=25)
    for name in ("stale", "fresh", "confirmed", "staff"):
        person_expect(email=f"{name}@example.jp")
    User.objects.exclude(email="fresh@example.jp").update(created_at=old)
    User.objects.filter(email="confirmed@example.jp").update(unconfirmed=False)
    User.objects.filter(email="staff@example.jp").update(is_staff=True)
    assert people_clean_up() == 1
    assert not User.objects.filter(email="stale@example.jp").exists()
    assert User.objects.count() == 3
