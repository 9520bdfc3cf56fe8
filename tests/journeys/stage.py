"""The stage of a journey: people with their own browsers, the mail they get, axe, screenshots."""

from __future__ import annotations

import email
import email.policy
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from apps.core.clock import TOKYO
from apps.outbox.domain import outbox_drain

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
#: By how many pixels a page is wider than its window, and because of what; null when it is not.
WIDE = """() => {
  const root = document.documentElement, over = root.scrollWidth - root.clientWidth;
  const out = one => one.getBoundingClientRect().right > root.clientWidth + 0.5;
  const outside = [...document.body.querySelectorAll('*')].filter(out).slice(0, 5);
  return over > 0 ? [`${over} px`, ...outside.map(one => one.outerHTML.slice(0, 90))] : null;
}"""
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
    listening: bool = True
    threads: list[threading.Thread] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

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
            # All workers share the companies' broker: a courier here would shut out another worker's keys.
            "MACHITRY_TOPICS_URL": "",
            **environment,
        }
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), *arguments],
                env=values,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def outbox(self) -> None:
        """Mails and jobs leave while the journey goes on: in a thread, which is there at once.

        The command itself, a process of its own, has the spine's journeys and those of devices.
        """
        thread = threading.Thread(target=self._drain, name="outbox")
        self.threads.append(thread)
        thread.start()

    def _drain(self) -> None:
        try:
            while not self.over.wait(0.2):
                outbox_drain()
        finally:
            connection.close()

    def person(self, name: str, variant: Variant) -> Person:
        """Someone who opens the portal with a browser of their own."""
        context = self.browser.new_context(
            viewport=SIZES[variant.device],  # type: ignore[arg-type]
            locale={"ja": "ja-JP", "en": "en-GB"}[variant.language],
            timezone_id="Asia/Tokyo",
            has_touch=variant.device == "phone",
        )
        context.set_default_timeout(60_000)
        context.add_init_script(_WATCH)
        someone = Person(self, name, variant, context, context.new_page())
        someone.page.on("console", lambda message: self._hear(someone, message))
        someone.page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))
        self.people.append(someone)
        return someone

    def _hear(self, someone: Person, message: ConsoleMessage) -> None:
        refusal = re.search(r"status of (4\d\d)", message.text)
        if message.type == "error" and not refusal and self.listening:
            self.complaints.append(f"{someone.name} at {someone.page.url}: {message.text}")

    def wait(self, what: str, check: Any, seconds: float = 90) -> Any:
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
                    text = message.get_body(("plain",))
                    found.append((str(message["Subject"]), str(text.get_content())))
        return found

    def close(self) -> None:
        self.over.set()
        for someone in self.people:
            someone.context.close()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
        for thread in self.threads:
            thread.join()


@dataclass
class Person:
    """One person with one browser."""

    stage: Stage
    name: str
    variant: Variant
    context: BrowserContext
    page: Page
    address: str = ""
    #: How often this person typed into a field, chose or pressed something.
    interactions: int = 0
    #: Requests of the page that are not answered yet, and how many it sent in all.
    waiting: set[Request] = field(default_factory=set)
    sent: int = 0

    def __post_init__(self) -> None:
        self.page.on("request", self._ask)
        self.page.on("requestfinished", self._hear)
        self.page.on("requestfailed", self._hear)

    def _ask(self, request: Request) -> None:
        self.waiting.add(request)
        self.sent += 1

    def _hear(self, request: Request) -> None:
        self.waiting.discard(request)

    def settle(self) -> None:
        """Wait until the page stands and asks for nothing more: no request for a tenth of a second."""
        deadline, calm = time.monotonic() + 60, 0
        self.page.wait_for_load_state("load")
        while calm < 3:
            assert time.monotonic() < deadline, f"{self.page.url} still waits for {self.waiting}"
            sent = self.sent
            self.page.wait_for_timeout(35)
            calm = 0 if self.waiting or self.sent != sent else calm + 1

    def close_tab(self) -> None:
        """As its cross closes it: the page hears of it (a target that is only closed may lose its last keys).

        Another tab stands open then.
        """
        closing = self.page
        with closing.expect_event("close"):
            closing.close(run_before_unload=True)
        self.page = self.context.new_page()

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

    def fill(self, **values: str) -> None:
        """Type into fields by their names."""
        self.interactions += len(values)
        for name, value in values.items():
            self.page.locator(f"#id_{name}").fill(value)

    def choose(self, name: str, value: str) -> None:
        """Choose ``value`` in a list or a group of radio buttons."""
        self.interactions += 1
        radio = self.page.locator(f"input[name={name}][value={value!r}]")
        if radio.count():
            radio.check(force=True)
        else:
            self.page.locator(f"select[name={name}]").select_option(value)

    @property
    def organization(self) -> str:
        """The organization in the address of the workspace this person is in."""
        found = re.search(r"/o/([0-9a-f-]{36})/", self.page.url)
        assert found, self.page.url
        return found.group(1)

    def fill_moment(self, name: str, moment: datetime) -> None:
        """Date and time fields of the admin (one or two inputs), in Japan's time."""
        local = moment.astimezone(TOKYO)
        one = self.page.locator(f"#id_{name}")
        if one.count():
            one.fill(local.strftime("%Y-%m-%dT%H:%M"))
        else:
            self.page.locator(f"#id_{name}_0").fill(local.strftime("%Y-%m-%d"))
            self.page.locator(f"#id_{name}_1").fill(local.strftime("%H:%M"))

    def submit(self) -> None:
        """Press the main button of the page's form."""
        self.interactions += 1
        self.page.locator("main form .button-primary[type=submit], main form .button-primary").last.click()
        self.settle()

    def tap(self, selector: str) -> None:
        """Press the first element that matches, and wait for what follows."""
        self.interactions += 1
        self.page.locator(selector).first.click()
        self.settle()

    def tick(self, name: str) -> None:
        """Tick a box by its name."""
        self.interactions += 1
        self.page.locator(f"input[name={name}]").check(force=True)

    def see_message(self, msgid: str) -> None:
        """See a text of the portal in this person's language, named by its English."""
        with translation.override(self.variant.language):
            self.page.get_by_text(translation.gettext(msgid)).filter(visible=True).first.wait_for()

    def mails(self) -> list[tuple[str, str]]:
        """Mails to the address this person signed in with."""
        return self.stage.mails_to(self.address)

    def receipts(self, code: str) -> list[tuple[str, str]]:
        """Receipt mails of the application ``code``."""
        word = self.text("受け付けました", "We received")
        return [mail for mail in self.mails() if code in mail[0] and word in mail[0]]

    # With the keyboard alone

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def enter(self) -> None:
        """Press Enter and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.settle()

    def type(self, text: str) -> None:
        self.page.keyboard.insert_text(text)

    def tab_to(self, selector: str) -> None:
        """Press Tab until the element is focused; within a radio group, the arrow keys."""
        for _ in range(120):
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            radios = self.page.evaluate(
                "s => document.activeElement.type === 'radio' &&"
                " document.activeElement.name === (document.querySelector(s) || {}).name",
                selector,
            )
            self.page.keyboard.press("ArrowDown" if radios else "Tab")
        raise AssertionError(f"{selector} cannot be reached by keyboard at {self.page.url}")

    def tick_by_key(self, name: str) -> None:
        self.tab_to(f"input[name={name}]")
        self.press("Space")

    def write(self, field: str, text: str) -> None:
        self.tab_to(f"[name={field}]")
        self.type(text)

    def next_question(self) -> None:
        before = self.page.url
        self.tab_to("main form .button-primary")
        self.enter()
        assert self.page.url != before

    def see(self, ja: str, en: str) -> None:
        self.page.get_by_text(self.text(ja, en)).first.wait_for()

    def look(self, name: str) -> None:
        """Take a screenshot, ask axe, and see that nothing scrolls sideways."""
        self.settle()
        if not os.environ.get("CI"):  # where nobody looks at them
            path = self.stage.shots / f"{name}-{self.variant}.png"
            self.page.screenshot(path=path, full_page=True, caret="initial")
        if wide := self.page.evaluate(WIDE):
            self.stage.complaints.append(f"{name}-{self.variant}: scrolls sideways: {wide}")
        # axe tries out styles of its own, which the policy refuses: that is not the page's doing.
        self.stage.listening = False
        self.stage.complaints += [f"{name}-{self.variant}: {line}" for line in axe(self.page)]
        self.page.wait_for_timeout(30)
        self.stage.listening = True

    def sign_in(self, address: str) -> None:
        """From the page that asks for an e-mail address: type it, read the code in the mail, type that."""
        self.address = address
        self.interactions += 4
        before = len(self.stage.mails_to(address))
        self.page.locator("input[type=email]").fill(address)
        self.page.locator("main form button[type=submit]").first.click()
        self.page.locator("input[name=code]").wait_for()
        self.page.locator("input[name=code]").fill(self.code(address, before))
        self.page.locator("main form button[type=submit]").first.click()
        self.page.locator("input[name=code]").wait_for(state="detached")

    def release_batch(self) -> None:
        """From the work queue to the waiting mails: look at them, then release them."""
        self.page.locator("a[href*='/outbox/message/'][href*='batch']").first.click()
        self.look("outbox-preview")
        self.page.locator("form[action$='/release/'] button[type=submit]").click()
        self.settle()

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
        # Of what passes nothing is told: naming each of those elements takes most of the time.
        "axe.run(document, {resultTypes: ['violations'], preload: false,"
        " runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']})"
    )
    return [
        f"axe {rule['id']}: {node['target']} {node['failureSummary'][:200]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
