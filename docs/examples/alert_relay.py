"""Takes alerts of the portal's webhook and says them in Slack, in LINE, or in both.

Python 3.11 or newer, nothing to install. Set what you need and start it behind your own HTTPS server:

    WEBHOOK_SECRET=whsec_…      from the portal's page of the webhook (required)
    SLACK_URL=https://hooks.slack.com/services/…     an incoming webhook of Slack
    LINE_TOKEN=…  LINE_TO=…     channel access token of the LINE Messaging API; id of a user or group
    PORT=8080

    python3 alert_relay.py
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

LINE_URL = os.environ.get("LINE_URL", "https://api.line.me/v2/bot/message/push")
#: Older than this a message is refused: somebody may have recorded it.
TOO_OLD = 300
#: What was said already, by message and place: the portal tries again when one of two places failed.
_done: dict[tuple[str, str], float] = {}
_lock = Lock()


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether the portal wrote the message (https://www.standardwebhooks.com)."""
    number, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isdigit() or abs(time.time() - int(moment)) > TOO_OLD:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{number}.{moment}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(signed).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(wanted, one) for one in given)


def words_of(message: dict[str, Any]) -> str:
    """One line for each alert, and the address of its page."""
    signs = {"began": "🔔", "ended": "✅"}
    alerts = message["data"]["alerts"]
    return "\n".join(f"{signs.get(one['change'], '')} {one['text']}\n{one['url']}" for one in alerts)


def post(url: str, body: dict[str, Any], **headers: str) -> None:
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def to_slack(number: str, text: str) -> None:
    post(os.environ["SLACK_URL"], {"text": text})


def to_line(number: str, text: str) -> None:
    body = {"to": os.environ["LINE_TO"], "messages": [{"type": "text", "text": text[:5000]}]}
    headers = {"Authorization": f"Bearer {os.environ['LINE_TOKEN']}", "X-Line-Retry-Key": number}
    try:
        post(LINE_URL, body, **headers)
    except urllib.error.HTTPError as error:
        if error.code != 409:  # 409: LINE has this message already
            raise


def say(number: str, text: str) -> None:
    """Say ``text`` at every place that is set, each once; raises where a place did not take it."""
    places = {"SLACK_URL": to_slack, "LINE_TOKEN": to_line}
    for name, act in places.items():
        with _lock:
            if not os.environ.get(name) or (number, name) in _done:
                continue
            act(number, text)
            _done[number, name] = time.time()
            for key in [key for key, at in _done.items() if time.time() - at > 4 * 86400]:
                del _done[key]


class Relay(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 100_000))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not is_signed(os.environ["WEBHOOK_SECRET"], headers, body):
            self.answer(401)
            return
        message = json.loads(body)
        try:
            if message["type"] == "alert" and message["data"].get("alerts"):
                say(headers["webhook-id"], words_of(message))
        except OSError as error:  # the portal tries again later
            print("not said:", error, flush=True)
            self.answer(502)
        else:
            self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    address = ("127.0.0.1", int(os.environ.get("PORT", "8080")))
    ThreadingHTTPServer(address, Relay).serve_forever()
