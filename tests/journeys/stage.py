"""The stage of a journey: people with their own browsers, the mail they get, axe, screenshots."""

from __future__ import annotations

import email
import email.policy
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
_WATCH = """
document.addEventListener('securitypolicyviolation', event => console.error(
    ['CSP', event.violatedDirective, event.blockedURI, event.sourceFile, event.lineNumber].join(' ')));
"""


@dataclass(frozen=True)
class Variant:
    """A device and a language."""

    device: str
    language: str

    def __str__(self) -> str:
        return f"{self.device}-{self.language}"


@dataclass
class Stage:
    """``url`` of the portal; ``mail`` is the folder that the outbox delivers to."""

    url: str
    browser: Browser
    folder: Path
    shots: Path
    complaints: list[str] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def mail(self) -> Path:
        folder = self.folder / "mail"
        folder.mkdir(exist_ok=True)
        return folder

    def command(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start ``manage.py <arguments>`` on this test's database; ended with the journey."""
        name = connection.settings_dict["NAME"]
        base = settings.DATABASES["default"]
        host, port = base["HOST"], base["PORT"]
        values = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "MACHITRY_DATABASE_URL": f"postgresql://{base['USER']}:{base['PASSWORD']}@/{name}?host={host}&port={port}",
            "MACHITRY_TEST_MAIL_URL": f"file://{self.mail}",
            "MACHITRY_BASE_URL": self.url,
            **environment,
        }
        log = (self.folder / f"{arguments[0]}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=values,
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        self.processes.append(process)
        return process

    def person(self, name: str, variant: Variant) -> Person:
        """Someone who opens the portal with a browser of their own."""
        context = self.browser.new_context(
            viewport=SIZES[variant.device],  # type: ignore[arg-type]
            locale={"ja": "ja-JP", "en": "en-GB"}[variant.language],
            timezone_id="Asia/Tokyo",
            has_touch=variant.device == "phone",
        )
        context.set_default_timeout(15_000)
        context.add_init_script(_WATCH)
        someone = Person(self, name, variant, context, context.new_page())
        someone.page.on("console", lambda message: self._hear(name, message))
        someone.page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))
        self.people.append(someone)
        return someone

    def _hear(self, name: str, message: ConsoleMessage) -> None:
        refusal = re.search(r"status of (4\d\d)", message.text)
        if message.type == "error" and not refusal:
            self.complaints.append(f"{name}: {message.text}")

    def wait(self, what: str, check: Any, seconds: float = 30) -> Any:
        """Ask ``check`` until it answers something true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if answer := check():
                return answer
            time.sleep(0.1)
        raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")

    def mails_to(self, address: str) -> list[tuple[str, str]]:
        """(subject, text) of every mail delivered to ``address``, oldest first."""
        found = []
        for path in sorted(self.mail.iterdir(), key=lambda file: file.stat().st_mtime_ns):
            for part in path.read_bytes().split(b"-" * 79 + b"\n"):
                if not part.strip():
                    continue
                message: Any = email.message_from_bytes(part, policy=email.policy.default)
                if address in str(message["To"]):
                    found.append((str(message["Subject"]), str(message.get_content())))
        return found

    def close(self) -> None:
        for someone in self.people:
            someone.context.close()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass
class Person:
    """One person with one browser."""

    stage: Stage
    name: str
    variant: Variant
    context: BrowserContext
    page: Page
    shot_count: int = 0

    def path(self, path: str) -> str:
        prefix = "/en" if self.variant.language == "en" else ""
        return f"{self.stage.url}{prefix}{path}"

    def goto(self, path: str) -> None:
        answer = self.page.goto(self.path(path))
        assert answer is not None
        assert answer.status < 400, f"{self.name} got {answer.status} at {path}"

    def text(self, ja: str, en: str) -> str:
        """What the page says in this person's language."""
        return ja if self.variant.language == "ja" else en

    def click(self, ja: str, en: str, role: Any = "button") -> None:
        """Press the button (or ``role``) whose name contains the words."""
        self.page.get_by_role(role, name=self.text(ja, en)).first.click()

    def see(self, ja: str, en: str) -> None:
        self.page.get_by_text(self.text(ja, en)).first.wait_for()

    def look(self, name: str) -> None:
        """Take a screenshot, ask axe, and see that nothing scrolls sideways."""
        self.page.wait_for_load_state("networkidle")
        self.stage.shots.mkdir(parents=True, exist_ok=True)
        path = self.stage.shots / f"{name}-{self.variant}.png"
        self.page.screenshot(path=path, full_page=True)
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if wide > 0:
            self.stage.complaints.append(f"{name}-{self.variant}: scrolls sideways by {wide} px")
        self.stage.complaints += [f"{name}-{self.variant}: {line}" for line in axe(self.page)]

    def sign_in(self, address: str) -> None:
        """From the page that asks for an e-mail address: type it, read the code in the mail, type that."""
        before = len(self.stage.mails_to(address))
        self.page.locator("input[type=email]").fill(address)
        self.page.locator("main form button[type=submit]").first.click()
        self.page.locator("input[name=code]").wait_for()
        self.page.locator("input[name=code]").fill(self.code(address, before))
        self.page.locator("main form button[type=submit]").first.click()
        self.page.locator("input[name=code]").wait_for(state="detached")

    def code(self, address: str, before: int) -> str:
        """The code in the newest mail to ``address``, once one more than ``before`` has come."""
        mails = self.stage.wait(
            f"the code mail to {address}",
            lambda: (found := self.stage.mails_to(address)) and len(found) > before and found,
        )
        found = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", mails[-1][1], re.MULTILINE)
        assert found, mails[-1][1]
        return found.group(1)


def axe(page: Page) -> list[str]:
    """What axe-core finds by WCAG 2.2 AA and its best practices, one line each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']})"
    )
    return [
        f"axe {rule['id']}: {node['target']} {node['failureSummary'][:200]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
