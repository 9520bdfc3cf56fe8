"""A person who uses the keyboard alone: the verbs of a journey, with ``page.keyboard`` in place of a pointer.

engineer = by_keyboard(stage.person("engineer", variant))
"""

from __future__ import annotations

from playwright.sync_api import Locator

from tests.journeys.stage import Person

#: More presses of Tab than any page has places.
_MOST = 150
_KIND = "e => e.tagName === 'SELECT' ? 'select' : e.type"
#: What to press next on the way to a place. In a group of radio buttons Tab passes the whole group; the
#: arrows move in it. From the top of a page the first place is the link past its head.
_NEXT = """e => {
  const at = document.activeElement;
  if (at === e) return '';
  if (e.type === 'radio' && at.type === 'radio' && at.name === e.name) return 'ArrowDown';
  return at.matches('.skip') && e.closest('main') ? 'Enter' : 'Tab';
}"""
_LOST = "() => window.typist && (document.activeElement || document.body) === document.body"


def by_keyboard(person: Person) -> Person:
    """The same person without a pointer, in Japanese; in English they keep it, so that a matrix has both."""
    if person.variant.language == "ja":
        person.__class__ = Typist
    return person


class Typist(Person):
    """Complains where an act leaves the focus nowhere though the page stays."""

    def reach(self, place: Locator) -> None:
        """Press Tab until ``place`` has the focus; within its group of radio buttons, the arrow keys."""
        place.wait_for(state="attached")
        target = place.element_handle()
        for _press in range(_MOST):
            key = target.evaluate(_NEXT)
            if not key:
                return
            self.press(key)
        raise AssertionError(f"{place} cannot be reached by keyboard at {self.page.url}")

    def fill(self, **values: str) -> None:
        self.interactions += len(values)
        for name, value in values.items():
            field = self.page.locator(f"#id_{name}")
            self.reach(field)
            if field.evaluate(_KIND) == "date":
                self._date(field, value)
            else:
                self.press("ControlOrMeta+A")
                self.type(value) if value else self.press("Delete")
            assert field.input_value() == value, (name, field.input_value())

    def _date(self, field: Locator, value: str) -> None:
        """Year, month and day are places of their own, in the order of the browser's own language."""
        year, month, day = value.split("-") if value else ("", "", "")
        for parts in ((month, day, year), (year, month, day)):
            self.reach(field)
            for _part in parts:
                self.press("ArrowLeft")
            for part in parts:
                self.page.keyboard.type(part) if part else self.press("Delete")
                if len(part) != 2:  # a full month and day move on by themselves
                    self.press("ArrowRight")
            if field.input_value() == value:
                return

    def choose(self, name: str, value: str) -> None:
        self.interactions += 1
        radio = self.page.locator(f"input[name={name}][value={value!r}]")
        if radio.count():
            self.reach(radio)
            if not radio.is_checked():
                self.press("Space")
            assert radio.is_checked(), (name, value)
            return
        field = self.page.locator(f"select[name={name}]")
        self.reach(field)
        self.press("Home")
        for _option in range(field.locator("option").count()):
            if field.input_value() == value:
                return
            self.press("ArrowDown")
        raise AssertionError(f"{name} has no {value}")

    def tick(self, name: str) -> None:
        self.interactions += 1
        box = self.page.locator(f"input[name={name}]")
        self.reach(box)
        if not box.is_checked():
            self.press("Space")
        assert box.is_checked(), name

    def submit(self) -> None:
        buttons = self.page.locator("main form .button-primary[type=submit], main form .button-primary")
        self._press(buttons.last)

    def tap(self, selector: str) -> None:
        self._press(self.page.locator(selector).first)

    def _press(self, place: Locator) -> None:
        self.interactions += 1
        self.reach(place)
        self.page.evaluate("window.typist = true")  # gone with the page
        self.press("Enter")
        self.settle()
        if self.page.evaluate(_LOST):
            self.stage.complaints.append(f"{self.page.url}: the focus is lost after {place}")
