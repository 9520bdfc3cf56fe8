from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.core import clock
from tests.factories.calls import CallFactory
from tests.factories.reports import ReportFactory
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


def text(client: Client, address: str = "/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_with_nothing_yet(client: Client) -> None:
    page = text(client)
    assert "いま受け付けている公募はありません" in page
    assert "記録はまだありません" in page
    assert "No call is open now" in text(client, "/en/")


def test_a_call_that_comes_is_named(client: Client) -> None:
    now = clock.now()
    CallFactory.create(opens_at=now + timedelta(days=3), closes_at=now + timedelta(days=30), code="2027")
    page = text(client)
    assert "次の公募は" in page
    assert "/calls/2027/" in page


def test_open_calls_the_first_to_close_first(client: Client) -> None:
    now = clock.now()
    CallFactory.create(code="late", title="あとの公募", closes_at=now + timedelta(days=20))
    CallFactory.create(code="soon", title="先の公募", closes_at=now + timedelta(days=2))
    CallFactory.create(code="draft", title="下書きの公募", state="draft")
    CallFactory.create(code="over", title="終わった公募", closes_at=now - timedelta(minutes=1))
    page = text(client)
    assert page.index("先の公募") < page.index("あとの公募")
    assert "あと<b>2</b>日" in page
    assert "下書きの公募" not in page
    assert "終わった公募" not in page


def test_a_call_that_closes_today_says_so(client: Client) -> None:
    now = clock.now()
    end_of_day = now.astimezone(clock.TOKYO).replace(hour=23, minute=59, second=59)
    CallFactory.create(closes_at=end_of_day)
    assert "今日で締め切り" in text(client)


def test_the_newest_three_records_whatever_came_out(client: Client) -> None:
    for days, outcome in enumerate(("did_not", "stopped", "did_not", "worked", "worked")):
        ReportFactory.create(
            trial=TrialFactory.create(title=f"実証{days}番"),
            outcome=outcome,
            published_at=clock.now() - timedelta(days=days),
        )
    page = text(client)
    assert [f"実証{days}番" in page for days in range(5)] == [True, True, True, False, False]
    assert "5件の記録をすべて見る" in page


@pytest.mark.parametrize("number", [1, 3])
def test_home_asks_the_database_as_often_for_one_as_for_three(
    client: Client, django_assert_num_queries: Any, number: int
) -> None:
    for index in range(number):
        CallFactory.create(code=f"c{index}")
        ReportFactory.create(published_at=clock.now() - timedelta(days=index))
    client.get("/about/terms/")  # site settings are kept from here on
    with django_assert_num_queries(4):
        client.get("/")


PAGES = ("/", "/developers/", "/guide/", "/about/accessibility/", "/about/privacy/", "/about/terms/")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_public_pages_are_kept_without_a_cookie(client: Client, prefix: str, page: str) -> None:
    first = client.get(prefix + page)
    assert first.status_code == 200
    assert not first.cookies
    assert "csrfmiddlewaretoken" not in first.content.decode()
    assert client.get(prefix + page, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_the_pages_about_the_site_say_that_they_are_samples(client: Client, settings: Any) -> None:
    for page in ("accessibility", "privacy", "terms"):
        assert "この文は見本です" in text(client, f"/about/{page}/")
    settings.DEMO = False
    assert "この文は見本です" not in text(client, "/about/terms/?x=1")


def test_a_call_in_its_grace_period_says_until_when(client: Client, db: None) -> None:
    call = CallFactory.create(closes_at=clock.now() - timedelta(minutes=5), grace_minutes=30)
    page = client.get("/").content.decode()
    until = call.last_moment.astimezone(clock.TOKYO).strftime("%-H:%M")
    assert "締切を過ぎました" in page
    assert f"{until}</span>までは、まだ受け付けています" in page
