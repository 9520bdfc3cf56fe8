"""Pages of webhooks: making one, its secret once, the log, sending again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from apps.audit.models import AuditEntry
from apps.core import clock
from apps.telemetry.enums import WebhookState
from apps.telemetry.models import Listener, WebhookAttempt, WebhookEndpoint, WebhookMessage
from tests.cast import Cast
from tests.factories.trials import TrialFactory
from tests.factories.webhooks import EndpointFactory, message

pytestmark = pytest.mark.django_db
NOW = clock.now()


@pytest.fixture
def engineer(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.colleague)
    return client


def page(name: str, endpoint: WebhookEndpoint, *more: Any) -> str:
    return reverse(f"telemetry:webhook-{name}", args=[endpoint.organization_id, endpoint.pk, *more])


def test_an_engineer_makes_one_and_sees_the_secret_once(cast: Cast, engineer: Client) -> None:
    trial = TrialFactory.create(organization=cast.organization)
    values = {"name": " 集計  サーバー ", "url": "https://a.example/x", "kinds": ["alert", "uplink"]}
    new = reverse("telemetry:webhook-new", args=[cast.organization.pk])
    answer = engineer.post(new, {**values, "trials": [trial.pk]})
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]{44}", answer.content.decode())
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.name, endpoint.kinds) == ("集計 サーバー", ["uplink", "alert"])
    assert (list(endpoint.trials.all()), endpoint.created_by) == ([trial], cast.colleague)
    assert Listener.objects.get(organization=cast.organization).webhooks
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert secret not in engineer.get(page("detail", endpoint)).content.decode()
    assert secret not in str(list(AuditEntry.objects.values_list("data", flat=True)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "http://10.0.0.1/"}, "インターネット上にありません"),
        ({"url": "https://u:p@a.example/"}, "ユーザー名とパスワード"),
        ({"url": "ftp://a.example/"}, "https://"),
        ({"name": " "}, ""),
        ({"kinds": []}, ""),
        ({"kinds": ["x"]}, ""),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field(
    cast: Cast, engineer: Client, changes: dict[str, Any], words: str
) -> None:
    values = {"name": "x", "url": "https://a.example/x", "kinds": ["uplink"], **changes}
    answer = engineer.post(reverse("telemetry:webhook-new", args=[cast.organization.pk]), values)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_change_switch_replace_the_secret_and_remove(cast: Cast, engineer: Client) -> None:
    endpoint = EndpointFactory.create(organization=cast.organization, failing_since=NOW, failures=3)
    values = {"name": "新", "url": "https://b.example/", "kinds": ["event"]}
    assert engineer.post(page("edit", endpoint), values).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.kinds, endpoint.failures) == ("https://b.example/", ["event"], 0)
    engineer.post(page("switch", endpoint), {"on": "0"})
    assert not Listener.objects.get(organization=cast.organization).webhooks
    engineer.post(page("switch", endpoint), {"on": "1"})
    assert Listener.objects.get(organization=cast.organization).webhooks
    answer = engineer.post(page("secret", endpoint), {"overlap": "24"})
    assert answer.content.decode().count("whsec_") == 1
    assert engineer.post(page("remove", endpoint)).status_code == 302
    assert not WebhookEndpoint.objects.exists()
    assert not Listener.objects.get(organization=cast.organization).webhooks


def test_a_message_is_shown_with_its_request_and_answers(cast: Cast, engineer: Client) -> None:
    endpoint = EndpointFactory.create(organization=cast.organization)
    row = message(endpoint, body='{"type":"uplink","data":{"x":"<script>届"}}'.encode(), attempts=1)
    WebhookAttempt.objects.create(
        message=row, number=1, at=NOW, took_ms=12, status=500, answer="<b>だめ</b>",
        request_headers={"webhook-signature": "v1,abc"},
    )  # fmt: skip
    text = engineer.get(page("message", endpoint, row.pk)).content.decode()
    assert "&lt;script&gt;届" in text
    assert "&lt;b&gt;だめ" in text
    assert "v1,abc" in text
    log = engineer.get(page("detail", endpoint) + "?state=waiting").content.decode()
    assert str(row.pk) in log
    assert str(row.pk) not in engineer.get(page("detail", endpoint) + "?state=failed").content.decode()


def test_an_open_page_asks_for_the_first_answer_for_a_while(cast: Cast, engineer: Client) -> None:
    endpoint = EndpointFactory.create(organization=cast.organization)
    address = page("message", endpoint, message(endpoint, clock.now()).pk)
    part = engineer.get(address, headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<div id="message" hx-get=')
    assert "hx-trigger" in engineer.get(address).content.decode()
    WebhookMessage.objects.update(attempts=1)
    assert "hx-trigger" not in engineer.get(address).content.decode()
    WebhookMessage.objects.update(attempts=0, made_at=clock.now() - timedelta(minutes=3))
    assert "hx-trigger" not in engineer.get(address).content.decode()


def test_one_again_a_test_and_a_stretch_whose_number_is_said_first(cast: Cast, engineer: Client) -> None:
    endpoint = EndpointFactory.create(organization=cast.organization)
    bodies = [b'{"n":0}', b'{"n":1}', b'{"n":2}']
    rows = [
        message(endpoint, NOW - timedelta(hours=3 - n), body=body, state=WebhookState.FAILED)
        for n, body in enumerate(bodies)
    ]
    message(endpoint, NOW - timedelta(hours=2), state=WebhookState.DELIVERED)
    engineer.post(page("message", endpoint, rows[0].pk))
    again = WebhookMessage.objects.get(replay_of=rows[0])
    assert (bytes(again.body), again.state) == (bodies[0], WebhookState.WAITING)
    engineer.post(page("test", endpoint))
    assert b'"type":"test"' in bytes(WebhookMessage.objects.get(is_test=True).body)
    local = [(NOW + timedelta(hours=h)).astimezone(clock.TOKYO).strftime("%Y-%m-%dT%H:%M") for h in (-2.5, 1)]
    values = {"since": local[0], "until": local[1], "failed_only": "on"}
    before = WebhookMessage.objects.count()
    shown = engineer.get(page("replay", endpoint), values).content.decode()
    assert "2" in re.search(r"<button[^>]*button-main[^>]*>\s*([^<]*)", shown)[1]  # type: ignore[index]
    assert WebhookMessage.objects.count() == before
    engineer.post(page("replay", endpoint), values)
    copies = WebhookMessage.objects.filter(replay_of__in=rows[1:]).order_by("made_at")
    assert [bytes(copy.body) for copy in copies] == bodies[1:]
    # Those that are on their way again already are left out: only the delivered one is sent.
    engineer.post(page("replay", endpoint), {**values, "failed_only": ""})
    assert WebhookMessage.objects.count() == before + 2 + 1


def test_off_means_nothing_is_sent(cast: Cast, engineer: Client) -> None:
    endpoint = EndpointFactory.create(organization=cast.organization, is_active=False)
    row = message(endpoint, state=WebhookState.FAILED)
    engineer.post(page("test", endpoint))
    engineer.post(page("message", endpoint, row.pk))
    assert WebhookMessage.objects.count() == 1


@pytest.mark.parametrize("number", [1, 3])
def test_lists_ask_the_same_number_of_questions(
    cast: Cast, engineer: Client, number: int, django_assert_num_queries: Any
) -> None:
    for _ in range(number):
        endpoint = EndpointFactory.create(organization=cast.organization)
    for n in range(number):
        row = message(endpoint, attempts=1)
        WebhookAttempt.objects.create(message=row, number=n, at=NOW, took_ms=1, status=200)
    engineer.get("/")
    with django_assert_num_queries(6):
        engineer.get(reverse("telemetry:webhook-list", args=[cast.organization.pk]))
    with django_assert_num_queries(10):
        engineer.get(page("detail", endpoint))


def test_without_any_the_page_leads_to_the_first(cast: Cast, engineer: Client) -> None:
    address = reverse("telemetry:webhook-list", args=[cast.organization.pk])
    new = reverse("telemetry:webhook-new", args=[cast.organization.pk])
    assert new in engineer.get(address).content.decode()
    reader = Client()
    reader.force_login(cast.reader)
    assert new not in reader.get(address).content.decode()


def test_staff_see_whose_receivers_fail_and_change_nothing(cast: Cast) -> None:
    endpoint = EndpointFactory.create(organization=cast.organization, failing_since=NOW, failures=2)
    staff = Client()
    staff.force_login(cast.staff)
    assert endpoint.url in staff.get(reverse("admin:telemetry_webhookendpoint_changelist")).content.decode()
    change = reverse("admin:telemetry_webhookendpoint_change", args=[endpoint.pk])
    text = staff.get(change).content.decode()
    assert cast.organization.name in text
    assert f">{date_format(localtime(NOW), 'DATETIME_FORMAT')}<" in text
    assert ">None<" not in text
    assert staff.post(change, {"name": "x"}).status_code == 403
    assert staff.get(reverse("admin:telemetry_webhookendpoint_delete", args=[endpoint.pk])).status_code == 403
