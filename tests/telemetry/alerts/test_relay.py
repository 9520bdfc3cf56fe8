"""The relay of docs/examples runs as it stands: what the portal signs arrives in Slack and LINE, once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.receivers import Receiver, receiver
from tests.services import wait_until

RELAY = Path(__file__).resolve().parents[3] / "docs" / "examples" / "alert_relay.py"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ALERT = {"change": "began", "text": "WL-03：水位 1.62 m", "url": "https://example.jp/a"}
BODY = json.dumps({"type": "alert", "data": {"alerts": [ALERT]}})


@pytest.fixture
def places() -> Iterator[tuple[str, Receiver, Receiver]]:
    """Address of the relay, and what stands for Slack and LINE."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with receiver() as slack, receiver() as line:
        names = {"SLACK_URL": slack.url, "LINE_URL": line.url, "LINE_TOKEN": "token", "LINE_TO": "U1"}
        values = {**os.environ, **names, "WEBHOOK_SECRET": SECRET, "PORT": str(port)}
        process = subprocess.Popen([sys.executable, str(RELAY)], env=values)
        try:
            wait_until("the relay", lambda: _listens(port))
            yield f"http://127.0.0.1:{port}/", slack, line
        finally:
            process.terminate()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def sent(url: str, number: str, body: str = BODY, signed: str = BODY) -> int:
    now = datetime.now(UTC)
    headers: dict[str, Any] = {
        "webhook-id": number,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(number, now, signed),
    }
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_relay_says_a_signed_alert_once_at_each_place(places: tuple[str, Receiver, Receiver]) -> None:
    url, slack, line = places
    number = str(uuid.uuid4())
    assert sent(url, number, signed="{}") == 401
    line.status = 500
    assert sent(url, number) == 502
    line.status = 200
    assert sent(url, number) == 204
    assert json.loads(slack.got[0].body) == {"text": "🔔 WL-03：水位 1.62 m\nhttps://example.jp/a"}
    assert len(slack.got) == 1
    told = line.got[1]
    assert json.loads(told.body)["to"] == "U1"
    assert (told.headers["authorization"], told.headers["x-line-retry-key"]) == ("Bearer token", number)
    other = json.dumps({"type": "uplink", "data": {}})
    assert sent(url, str(uuid.uuid4()), body=other, signed=other) == 204
    assert (len(slack.got), len(line.got)) == (1, 2)
