"""Saving while someone writes: what the page's script hears, and the texts of two side by side."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.calls import rules
from apps.calls.domain import application_save, application_submit
from apps.calls.models import Application
from tests.calls.conftest import PLEDGES
from tests.cast import Cast


def save_url(draft: Application, slug: str = "idea") -> str:
    return reverse("calls:application-autosave", args=[draft.code, slug])


def page_url(draft: Application, slug: str = "idea") -> str:
    return reverse("calls:application-question", args=[draft.code, slug])


def opened(client: Client, draft: Application, slug: str = "idea") -> dict[str, str]:
    """The bases that the page of a screen holds."""
    found = re.search(r'name="bases" value="([^"]*)"', client.get(page_url(draft, slug)).content.decode())
    assert found
    return dict(json.loads(html.unescape(found[1])))


def test_saving_answers_what_the_page_needs(client: Client, draft: Application, cast: Cast) -> None:
    client.force_login(cast.owner)
    bases = opened(client, draft)
    assert set(bases) >= {"title", "need"}
    text = " 全角　空白\r\n絵文字👩‍🌾 \r\n"
    data = {"title": draft.title, "need": text, "bases": json.dumps(bases), "pen": "page0001:1"}
    response = client.post(save_url(draft), data | {"writer_id": str(cast.owner.pk)})
    answer = response.json()
    assert (response.status_code, answer["saved"], answer["conflicts"]) == (200, ["need"], [])
    assert re.fullmatch(r"\d{1,2}:\d\d", answer["saved_at"])
    kept = text.replace("\r\n", "\n")
    assert answer["bases"] == bases | {"need": rules.digest(kept)}
    draft.refresh_from_db()
    assert draft.need == kept
    page = client.get(page_url(draft)).content.decode()
    assert f">\n{html.escape(kept)}</textarea>" in page
    assert draft.written["need"] | {"at": "", "told": ""} == {
        "by": str(cast.owner.pk),
        "pen": "page0001",
        "stroke": 1,
        "digest": rules.digest(kept),
        "at": "",
        "told": "",
    }


def test_two_pages_of_one_field(client: Client, draft: Application, cast: Cast) -> None:
    client.force_login(cast.owner)
    bases = json.dumps(opened(client, draft))
    application_save(application=draft, actor=cast.owner, values={"need": "先の窓の文"})
    data = {"title": draft.title, "need": "<b>この窓の文</b>", "bases": bases}
    answer = client.post(save_url(draft), data).json()
    assert (answer["saved"], answer["conflicts"]) == ([], ["need"])
    assert "先の窓の文" in answer["variants"]
    assert "&lt;b&gt;この窓の文" in answer["variants"]
    for url in (page_url(draft), reverse("calls:application-check", args=[draft.code])):
        assert "先の窓の文" in (page := client.get(url).content.decode())
        assert "&lt;b&gt;この窓の文" in page
    assert "この窓の文" not in client.get(page_url(draft, "plan")).content.decode()
    # Without a script the button leads to the same page with both texts.
    response = client.post(page_url(draft), data | {"need": "三つ目"})
    assert (response.status_code, response.headers["Location"]) == (302, page_url(draft))
    form = re.search(r'action="([^"]*/variants/[^"]*)".*?name="seen" value="(\w+)"', page, re.DOTALL)
    assert form
    settle = {"choice": "use", "seen": form[2], "screen": "idea"}
    assert client.post(form[1], settle).headers["Location"] == page_url(draft)
    draft.refresh_from_db()
    assert draft.need == "<b>この窓の文</b>"
    assert client.post(form[1], {"choice": "nonsense"}).status_code == 404


def test_what_cannot_be_read_is_told_and_the_rest_is_saved(
    client: Client, draft: Application, cast: Cast
) -> None:
    client.force_login(cast.owner)
    bases = json.dumps(opened(client, draft, "period"))
    data = {"period_from": "あした", "period_until": "2027-02-28", "bases": bases}
    answer = client.post(save_url(draft, "period"), data).json()
    assert (answer["saved"], list(answer["refused"])) == (["period_until"], ["period_from"])
    page = client.post(page_url(draft, "period"), data)
    assert page.status_code == 422
    assert 'value="あした"' in page.content.decode()
    assert 'data-refused="period_from"' in page.content.decode()
    answer = client.post(save_url(draft), {"need": "あ" * 50_001, "title": "題", "bases": "{}"}).json()
    assert list(answer["refused"]) == ["need"]


def test_refusals_come_in_words(client: Client, draft: Application, cast: Cast) -> None:
    def refusal(url: str, **data: str) -> tuple[int, str]:
        response = client.post(url, {"need": "文", **data})
        body: dict[str, Any] = response.json()
        assert body["words"]
        return response.status_code, body["code"]

    assert refusal(save_url(draft)) == (401, "signed_out")
    client.force_login(cast.stranger)
    assert refusal(save_url(draft))[0] == 404
    client.force_login(cast.reader)
    assert refusal(save_url(draft))[0] == 404  # the draft is its owner's until the company is chosen
    client.force_login(cast.owner)
    assert refusal(save_url(draft), writer_id=str(cast.colleague.pk)) == (401, "signed_out")
    assert refusal(save_url(draft, "nonsense"))[0] == 404
    application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    assert refusal(save_url(draft)) == (409, "state")
    assert Client(enforce_csrf_checks=True).post(save_url(draft), {}).status_code == 403


@pytest.mark.parametrize("slug", rules.SLUGS)
def test_odd_savings_are_no_error_of_ours(client: Client, draft: Application, cast: Cast, slug: str) -> None:
    client.force_login(cast.owner)
    url = save_url(draft, slug)
    names = [*rules.FIELDS, "sensors-0-name", "sensors-0-count", "places-0-name", "places-0-latitude"]
    for value in ("", "\x00", "あ" * 10_000, "-1", "9" * 40, "NaN", "[1,{}]", "２０２７年１３月", "\u202e"):
        data = dict.fromkeys(names, value) | {"bases": value, "pen": value, "writer_id": ""}
        assert client.post(url, data).status_code in (200, 404)
    for kind, body in {
        "application/json": b'{"a": [',
        "multipart/form-data; boundary=x": b"--x\r\nbroken",
        "application/x-www-form-urlencoded": b"%ff=%00&\xff\xfe=1",
    }.items():
        assert client.generic("POST", url, body, content_type=kind).status_code < 500


def test_a_saving_asks_the_database_a_fixed_number_of_times(
    client: Client, draft: Application, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    client.force_login(cast.owner)
    client.post(save_url(draft), {"need": "一", "bases": "{}"})
    data = {"need": "二", "title": draft.title, "bases": json.dumps(opened(client, draft))}
    with django_assert_max_num_queries(22):
        assert client.post(save_url(draft), data).json()["saved"] == ["need"]
