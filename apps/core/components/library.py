"""The components of the portal, one class each; their markup is templates/components/<name>.html."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.paginator import Page
from django.utils.functional import Promise

from apps.core.components.base import Component, ComponentError
from apps.core.components.icons import icon_svg
from apps.core.components.states import FAMILIES, OUTLINED, TONES, State

Text = str | Promise
Item = Mapping[str, Any]
#: Characters of a big number at full size; a third of a phone holds no more.
VALUE_LENGTH = 7


def check_items(component: Component, items: Sequence[Item], required: set[str], optional: set[str]) -> None:
    """Each item of a list prop has the keys it needs and no others."""
    for item in items:
        keys = set(item)
        if not required <= keys <= required | optional:
            name = type(component).__name__
            raise ComponentError(
                f"{name}: an item has {sorted(keys)}; it needs {sorted(required)}, may {sorted(optional)}."
            )


@dataclass(frozen=True, kw_only=True)
class Button(Component):
    """A button, or a link that looks like one when ``href`` is given."""

    template = "components/button.html"
    choices: ClassVar = {
        "kind": ("primary", "secondary", "danger", "danger-filled", "link", "light", "light-outline"),
        "size": ("", "main", "small"),
        "type": ("submit", "button", "reset"),
    }
    label: Text
    kind: str = "secondary"
    size: str = ""
    href: str = ""
    type: str = "submit"
    name: str = ""
    value: str = ""
    form: str = ""
    id: str = ""
    icon: str = ""
    #: How many mails the act queues; shown beside the button with an envelope. None: nothing said.
    mail_count: int | None = None
    #: Why the button cannot be pressed now. It is disabled only when this says why.
    disabled_reason: Text = ""
    #: Id of a dialog to open; ``href`` is the plain page with the same question.
    dialog: str = ""
    download: bool = False
    #: Said to screen readers after the label, when the label alone is not clear out of its row.
    about: Text = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.disabled_reason and self.href:
            raise ComponentError("Button: a link cannot be disabled; leave it out and say why.")


@dataclass(frozen=True, kw_only=True)
class Status(Component):
    """A state: shape, word and colour. ``family`` and ``state`` as in states.py."""

    template = "components/status.html"
    choices: ClassVar = {"family": tuple(FAMILIES), "size": ("", "large", "small")}
    family: str
    state: str
    #: Another word for this state, where a page says it more exactly.
    label: Text = ""
    size: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.state not in FAMILIES[self.family]:
            words = ", ".join(FAMILIES[self.family])
            raise ComponentError(f"Status: a {self.family} has no state {self.state!r}. It has: {words}.")

    @property
    def shown(self) -> State:
        return FAMILIES[self.family][self.state]

    @property
    def outlined(self) -> bool:
        return self.family in OUTLINED and (self.family, self.state) != ("task", "done")


@dataclass(frozen=True, kw_only=True)
class Tag(Component):
    """A short word in a frame; never a sentence."""

    template = "components/tag.html"
    choices: ClassVar = {"tone": (*TONES, "plain", "filled")}
    label: Text
    tone: str = "plain"
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class Notice(Component):
    """A bar, a title, one or two sentences (between the tags), perhaps a link."""

    template = "components/notice.html"
    choices: ClassVar = {"kind": ("info", "good", "attention", "error"), "heading": ("p", "h2", "h3")}
    title: Text
    kind: str = "info"
    heading: str = "p"
    #: Read at once when it appears (htmx answers).
    live: bool = False

    @property
    def icon(self) -> str:
        return {"info": "", "good": "check-disc", "attention": "triangle", "error": "cross-square"}[self.kind]


@dataclass(frozen=True, kw_only=True)
class Verdict(Component):
    """The state of a device in one word and one sentence, at the top of its page."""

    template = "components/verdict.html"
    state: str
    text: Text = ""
    label: Text = ""

    @property
    def tone(self) -> str:
        return FAMILIES["device"][self.state].tone


@dataclass(frozen=True, kw_only=True)
class Empty(Component):
    """Nothing here yet: what is missing, how long it takes, one button."""

    template = "components/empty.html"
    choices: ClassVar = {"heading": ("h2", "h3")}
    title: Text
    text: Text = ""
    label: Text = ""
    href: str = ""
    heading: str = "h3"

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.label) != bool(self.href):
            raise ComponentError("Empty: label and href go together.")


@dataclass(frozen=True, kw_only=True)
class TaskList(Component):
    """Rows of 56: ``{title, state, url, detail, label}``; ``state`` as in states.TASK."""

    template = "components/task_list.html"
    items: Sequence[Item]
    strong: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_items(self, self.items, {"title", "state"}, {"url", "detail", "label"})


@dataclass(frozen=True, kw_only=True)
class Steps(Component):
    """Numbered rings on a line: ``{title, detail, state}``; ``state`` is done, current or empty."""

    template = "components/steps.html"
    items: Sequence[Item]
    across: bool = False
    label: Text = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_items(self, self.items, {"title"}, {"detail", "state"})


@dataclass(frozen=True, kw_only=True)
class Breadcrumb(Component):
    """Label and address in turn; the last label is this page."""

    template = "components/breadcrumb.html"
    crumbs: Sequence[tuple[Text, str]]


@dataclass(frozen=True, kw_only=True)
class Pagination(Component):
    """Previous, page numbers, next; ``query`` holds the other parameters, already encoded."""

    template = "components/pagination.html"
    page: Page[Any]
    query: str = ""
    parameter: str = "page"
    label: Text = ""

    @property
    def numbers(self) -> list[int | str]:
        return list(self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1))

    @property
    def prefix(self) -> str:
        return f"?{self.query}&{self.parameter}=" if self.query else f"?{self.parameter}="

    @property
    def ellipsis(self) -> Text:
        return self.page.paginator.ELLIPSIS


@dataclass(frozen=True, kw_only=True)
class Dialog(Component):
    """A question before what cannot be undone. With ``action`` it holds its own POST form.

    ``inline=True`` gives the same question as part of a plain page (for those without JavaScript).
    """

    template = "components/dialog.html"
    from_context: ClassVar = ("csrf_token",)
    choices: ClassVar = {"kind": ("primary", "danger-filled")}
    id: str
    title: Text
    label: Text
    action: str
    cancel: Text = ""
    cancel_href: str = ""
    kind: str = "primary"
    mail_count: int | None = None
    inline: bool = False
    #: Hidden inputs of the form: ``{name: value}``.
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Meter(Component):
    """Used and granted, in words and as a bar."""

    template = "components/meter.html"
    label: Text
    value: float
    max: float
    unit: Text = ""
    note: Text = ""
    id: str = ""

    @property
    def over(self) -> bool:
        return self.value > self.max

    @property
    def bar_max(self) -> float:
        return self.max if self.max > 0 else 1


@dataclass(frozen=True, kw_only=True)
class LiveAnswer(Component):
    """What the answers so far mean: one sentence, at most three rows and a meter between the tags."""

    template = "components/live_answer.html"
    sentence: Text
    kicker: Text = ""
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class AnswerRow(Component):
    """One number of a live answer."""

    template = "components/answer_row.html"
    label: Text
    value: Text | float
    unit: Text = ""
    note: Text = ""


@dataclass(frozen=True, kw_only=True)
class Number(Component):
    """One big number, inside ``<dl class="numbers">``. ``family`` and ``state`` put a state over it."""

    template = "components/number.html"
    value: Text | float
    label: Text = ""
    unit: Text = ""
    note: Text = ""
    family: str = ""
    state: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.label and not self.state:
            raise ComponentError("Number needs label, or family and state.")

    @property
    def is_long(self) -> bool:
        """Whether it would not fit into a third of a phone at full size: a date with its time, words."""
        if isinstance(self.value, int | float):
            return abs(self.value) >= 1_000_000
        return len(str(self.value)) > VALUE_LENGTH


@dataclass(frozen=True, kw_only=True)
class SummaryRow(Component):
    """A question, its answer and the way to change it, inside ``<dl class="summary">``."""

    template = "components/summary_row.html"
    label: Text
    value: Text | None = ""
    note: Text = ""
    href: str = ""
    act: Text = ""
    missing: bool = False


@dataclass(frozen=True, kw_only=True)
class Segmented(Component):
    """A choice between views: ``{label, url, current}``."""

    template = "components/segmented.html"
    label: Text
    items: Sequence[Item]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_items(self, self.items, {"label", "url"}, {"current"})


@dataclass(frozen=True, kw_only=True)
class QuestionProgress(Component):
    """「質問 5 / 8」, as many bars, and when the draft was kept."""

    template = "components/question_progress.html"
    current: int
    total: int
    saved_at: Any = None

    @property
    def bars(self) -> list[bool]:
        return [index < self.current for index in range(self.total)]


@dataclass(frozen=True, kw_only=True)
class Ridge(Component):
    """The Tateyama ridge as a measured trace (home only)."""

    template = "components/ridge.html"


@dataclass(frozen=True, kw_only=True)
class Chart(Component):
    """A time series or bars; ``data`` as docs/design/look.md describes. The table stands in the page.

    ``zoom``: how to choose a range, said below it; dragging and the arrow keys then tell the page.
    """

    template = "components/chart.html"
    id: str
    data: Mapping[str, Any]
    label: Text
    caption: Text = ""
    zoom: Text = ""

    @property
    def script_id(self) -> str:
        return f"{self.id}-data"


@dataclass(frozen=True, kw_only=True)
class Map(Component):
    """Markers on a quiet ground; ``data`` as docs/design/look.md describes. The list stands before it."""

    template = "components/map.html"
    from_context: ClassVar = ("map_tiles", "site")
    choices: ClassVar = {"legend": ("", "outcome", "device", "trial")}
    id: str
    data: Mapping[str, Any]
    label: Text
    legend: str = ""
    #: Ids of the latitude and longitude inputs that this map fills ("pick a point").
    pick: str = ""

    @property
    def script_id(self) -> str:
        return f"{self.id}-data"

    @property
    def payload(self) -> dict[str, Any]:
        """``data`` with the drawing, tone and word of each state that its markers have."""
        markers = self.data.get("markers", [])
        pairs = sorted({(marker["family"], marker["state"]) for marker in markers})
        shapes = {}
        for family, state in pairs:
            known = FAMILIES[family][state]
            shapes[f"{family}:{state}"] = {
                "svg": icon_svg(known.icon),
                "tone": known.tone,
                "word": str(known.word),
            }
        return {**self.data, "shapes": shapes}

    @property
    def legend_states(self) -> list[str]:
        return list(FAMILIES.get(self.legend, {}))
