from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import translation

from apps.core import public_pages
from tests.cast import Cast
from tests.core.urls import rendered

pytestmark = [pytest.mark.urls("tests.core.urls"), pytest.mark.django_db]
DEAD_REDIS = {
    **settings.CACHES,
    "redis-pages": {**settings.CACHES["redis-pages"], "LOCATION": "redis://127.0.0.1:1/0"},
    "redis": {**settings.CACHES["redis"], "LOCATION": "redis://127.0.0.1:1/0"},
}


@pytest.fixture(autouse=True)
def _count_from_zero() -> Iterator[None]:
    rendered.clear()
    yield
    translation.activate("ja")


def test_page_is_rendered_once_and_sets_no_cookie(client: Client) -> None:
    first, second = client.get("/kept/"), client.get("/kept/")
    assert first.content == second.content
    assert len(rendered) == 1
    assert not second.cookies
    assert second["Cache-Control"] == "public, max-age=0, s-maxage=30, must-revalidate"
    assert {part.strip() for part in second["Vary"].split(",")} == {"Cookie", "HX-Request"}
    assert "Content-Security-Policy" in second
    assert second["Content-Language"] == "ja"


def test_same_etag_is_answered_with_304_without_a_body(client: Client) -> None:
    etag = client.get("/kept/")["ETag"]
    for tag in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = client.get("/kept/", headers={"if-none-match": tag})
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)
    assert client.get("/kept/", headers={"if-none-match": '"other"'}).status_code == 200
    assert client.get("/kept/", headers={"if-none-match": "\x00,,;"}).status_code == 200


def test_head_is_answered_but_never_kept(client: Client) -> None:
    assert client.head("/kept/").content == b""
    assert client.get("/kept/").content != b""
    answer = client.head("/kept/")
    assert (answer.status_code, answer.content, len(rendered)) == (200, b"", 2)


def test_session_goes_past_the_cache(client: Client, cast: Cast) -> None:
    client.get("/kept/")
    client.force_login(cast.owner)
    answer = client.get("/kept/")
    assert len(rendered) == 2
    assert answer["Cache-Control"] == "private, no-cache"


def test_query_host_language_and_part_are_kept_apart(client: Client) -> None:
    with override_settings(ALLOWED_HOSTS=["a.example", "b.example"]):
        bodies = [
            client.get("/kept/", headers={"host": "a.example"}).content,
            client.get("/kept/?page=2", headers={"host": "a.example"}).content,
            client.get("/kept/", headers={"host": "b.example"}).content,
            client.get("/en/kept/", headers={"host": "a.example"}).content,
            client.get("/kept/", headers={"host": "a.example", "hx-request": "true"}).content,
        ]
    assert len(set(bodies)) == 5
    assert b" en " in bodies[3]
    assert bodies[4].endswith(b"part")


def test_language_of_the_reader_does_not_change_the_page(client: Client) -> None:
    client.get("/kept/", headers={"accept-language": "en"})
    assert b" ja " in client.get("/kept/", headers={"accept-language": "en"}).content
    assert len(rendered) == 1


def test_forged_host_is_refused_with_400(client: Client) -> None:
    assert client.get("/kept/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/kept/", headers={"host": "a b"}).status_code == 400


@pytest.mark.parametrize("path", ["/with-cookie/", "/missing/", "/private/"])
def test_what_sets_a_cookie_fails_or_is_private_is_not_kept(client: Client, path: str) -> None:
    client.get(path)
    client.cookies.clear()
    client.get(path)
    assert len(rendered) == 2


def test_post_is_never_kept(client: Client) -> None:
    client.post("/kept/")
    client.post("/kept/")
    assert len(rendered) == 2


def test_change_makes_every_kept_page_old(client: Client) -> None:
    client.get("/kept/")
    public_pages.changed()
    client.get("/kept/")
    assert len(rendered) == 2


@override_settings(CACHES=DEAD_REDIS)
def test_pages_answer_without_redis(client: Client) -> None:
    for _ in range(3):
        assert client.get("/kept/").status_code == 200
    assert len(rendered) == 3
    public_pages.changed()
