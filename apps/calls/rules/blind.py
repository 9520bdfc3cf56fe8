"""What a reviewer may read of an application, and how its texts are kept from telling who applied.

``BLIND_FIELDS`` is a whitelist: what is not named here does not reach a reviewer. Inside the texts every
way in which the applicant is known to be called is replaced, however it is spelled (full or half width,
hiragana or katakana, with spaces, hyphens or the legal form left out); addresses of the web, of mail
and telephone numbers are replaced whoever they belong to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

#: What a reviewer reads whoever applied, by field of ``Application``.
BLIND_FIELDS = (
    "title",
    "need",
    "themes",
    "plan",
    "measure",
    "learning",
    "sensors",
    "devices_undecided",
    "places",
    "place_undecided",
    "facilities",
    "facility_name",
    "facility_owner",
    "period_from",
    "period_until",
    "personal_data",
    "personal_data_note",
    "conformity",
    "conformity_note",
    "sharing",
    "extra_answers",
)
#: What is read in addition where the phase does not hide the applicant. Never how to reach people.
OPEN_FIELDS = ("org_kind", "org_name")
#: What a revision keeps of who applied: never shown, and looked for in every text.
IDENTITY_FIELDS = (
    "org_name",
    "org_kana",
    "corporate_number",
    "postal_code",
    "address",
    "representative",
    "contact_name",
    "contact_email",
    "contact_phone",
)
_FORMS = (
    "株式会社", "有限会社", "合同会社", "合資会社", "合名会社", "一般社団法人", "公益社団法人",
    "一般財団法人", "公益財団法人", "特定非営利活動法人", "npo法人", "学校法人", "国立大学法人",
    "公立大学法人", "地方独立行政法人", "独立行政法人", "国立研究開発法人", "社会福祉法人", "医療法人社団",
    "医療法人", "事業協同組合", "協同組合", "株式會社", "(株)", "(有)", "(同)", "(合)", "(一社)", "(公社)",
    "(一財)", "(公財)", "(特非)", "(学)", "(独)", "(福)", "かぶしきがいしゃ", "かぶしきかいしゃ",
    "ゆうげんがいしゃ",
    "ゆうげんかいしゃ", "ごうどうがいしゃ", "ごうどうかいしゃ", "いっぱんしゃだんほうじん",
    "いっぱんざいだんほうじん", "とくていひえいりかつどうほうじん",
)  # fmt: skip
#: A legal form beside a name that was replaced goes with it.
_FORM = "|".join(map(re.escape, (*(form.upper() for form in _FORMS), "NPO法人", "㈱", "㈲")))
_FORM = _FORM.replace(r"\(", "[(\uff08]").replace(r"\)", "[)\uff09]")
_FORM_BEFORE, _FORM_AFTER = re.compile(rf"(?:{_FORM})\s*$"), re.compile(rf"\s*(?:{_FORM})")
_LATIN_FORMS = re.compile(
    r"(?:\b(?:co|ltd|inc|corp|llc|llp|k\.?k|g\.?k|gmbh|plc|s\.?a|limited|corporation|incorporated|company)\b"
    r"[.,]?\s*)+$"
)
_TITLES = re.compile(
    r"(?:代表取締役|代表理事|代表社員|取締役|執行役員|最高経営責任者|理事長|代表者|代表|会長|社長|専務|常務|"
    r"部長|課長|係長|主任|所長|室長|学長|学部長|教授|准教授|助教|研究員|担当|ceo|cto|president|mr|ms|dr)[\s.:]*"
)
_HONORIFICS = ("さん", "氏", "様", "君", "先生", "教授", "准教授", "博士", "社長", "会長", "代表", "部長")
_GENERIC = frozenset(
    (
        "city", "japan", "tokyo", "toyama", "the", "smart", "sensor", "sensors", "sensing", "network", "data",
        "university", "institute", "system", "systems", "technology", "company", "group", "info", "mail",
        "contact", "support", "research", "office", "works", "labs",
    )
)  # fmt: skip
_GENERIC_PARTS = re.compile(r"^(?:本社|本店|支店|支社|営業所|事業所|研究所|工場|大学|学部|研究室|センター)$")
#: Domains of mail that thousands of companies share.
_SHARED_MAIL = re.compile(
    r"(?:gmail|googlemail|yahoo|ymail|outlook|hotmail|live|msn|icloud|me|mac|aol|docomo|ezweb|au|softbank|"
    r"nifty|biglobe|ocn|so-net|plala|dion|proton|protonmail|example)\.(?:com|net|org|jp|ne\.jp|co\.jp|me)$"
)
_ENDS = frozenset(
    (
        "co", "ne", "or", "ac", "go", "ed", "gr", "lg", "com", "net", "org", "jp", "io", "dev", "biz", "info",
        "tokyo", "toyama", "www", "mail", "example",
    )
)  # fmt: skip
_LINK = re.compile(r"(?:https?://|www\.)[!-;=?-~]+", re.IGNORECASE)
_MAIL = re.compile(
    r"[A-Za-z0-9_.+-]+[@\uff20][A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
    r"|(?<![A-Za-z0-9_])[@\uff20](?=\w*[A-Za-z])[A-Za-z0-9_]{3,30}"
)
_PHONE = re.compile(r"(?<![\d-])(?:\+?81[-\s]?|0)\d{1,4}[-\s(（]\d{1,4}[-\s)）]\d{3,4}(?![\d-])")
_PREFECTURE = re.compile(r"^(?:東京都|北海道|京都府|大阪府|..県|...県)")
_TOWN = re.compile(r"^.{1,6}?[市区](?:.{1,5}?区)?|^.{1,4}郡.{1,5}?[町村]")
#: Shorter than this a needle would be found in ordinary words.
_LEAST = 2
_LEAST_LATIN = 3


@dataclass(frozen=True)
class Identity:
    """How an applicant and its partners are called. Each may hold empty texts."""

    organizations: Sequence[str] = ()
    people: Sequence[str] = ()
    numbers: Sequence[str] = ()
    addresses: Sequence[str] = ()
    #: Mail addresses and addresses of the web.
    nets: Sequence[str] = ()


def _folded(text: str) -> tuple[str, list[int]]:
    """``text`` as it is compared, and for each of its characters where it stands in ``text``."""
    out: list[str] = []
    at: list[int] = []
    counted = False
    for index, original in enumerate(text):
        for char in unicodedata.normalize("NFKD", original).casefold():
            category = unicodedata.category(char)
            if char.isspace() or category in ("Cf", "Cc", "Pd") or char in "・'’\u2212":
                continue
            # 7番38号 is 7-38.
            counted = char.isdigit() or (counted and char in "丁目番地号")
            if counted and not char.isdigit():
                continue
            out.append(_hiragana(char))
            at.append(index)
    return "".join(out), at


def _hiragana(char: str) -> str:
    return chr(ord(char) - 0x60) if "\u30a1" <= char <= "\u30f6" else char


def fold(text: str) -> str:
    """What two spellings of one name have in common."""
    return _folded(text)[0]


def _plain(text: str) -> str:
    """NFKC in lower case, katakana as hiragana; spaces stay."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    return "".join(map(_hiragana, plain))


def _is_latin(text: str) -> bool:
    return text.isascii()


def _organization_needles(name: str) -> set[str]:
    """The whole name, without its legal form, and its parts."""
    plain = _plain(name)
    bare = _LATIN_FORMS.sub("", plain).strip(" ,.")
    for form in _FORMS:
        bare = bare.replace(form, " ")
    found = {plain, bare, *re.split(r"[()（）「」\[\]]", bare)}
    for part in re.split(r"[\s()（）「」\[\]/／,、]+", bare):
        generic = part in _GENERIC or _GENERIC_PARTS.match(part)
        if not generic and len(part) >= (4 if _is_latin(part) else 3):
            found.add(part)
    return found


def _person_needles(name: str) -> set[str]:
    """The whole name, without office; the family name, one of a single character where it is addressed."""
    plain = _plain(name)
    bare = _TITLES.sub(" ", plain).strip()
    parts = bare.split()
    found = {plain, bare, "".join(parts[-2:])}
    if len(parts) > 1 and _is_latin(bare):
        found |= {part for part in parts if len(part) >= 4} | {f"{parts[-1]} {parts[-2]}"}
    elif len(parts) > 1:
        family = parts[-2]
        found |= {family} if len(family) > 1 else _addressed(family)
    elif 3 <= len(bare) <= 5 and not _is_latin(bare):
        # Written as one: where the family name ends is only a guess, so it must be addressed.
        found |= {needle for end in (1, 2, 3) for needle in _addressed(bare[:end])}
        found |= {bare[:2]} if len(bare) == 4 else set()
    return found


def _addressed(family: str) -> set[str]:
    return {family + honorific for honorific in _HONORIFICS}


def _number_needles(number: str) -> set[str]:
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", number))
    return {digits, "81" + digits[1:]} if len(digits) in (10, 11) else {digits}


def _address_needles(address: str) -> set[str]:
    """The whole address, without prefecture, without town, and the building."""
    found: set[str] = set()
    plain = _plain(address)
    for whole in {plain, plain.split()[0] if plain else ""}:
        local = _PREFECTURE.sub("", whole)
        street = _TOWN.sub("", local)
        found |= {whole, local}
        if len(street) >= 4 and re.search(r"\d", street):
            found.add(street)
    found |= {part for part in plain.split()[1:] if len(part) >= 4 and not part.isdigit()}
    # The name of a town alone is no address.
    return {needle for needle in found if re.search(r"\d", needle) or len(needle) >= 8}


def _net_needles(net: str) -> set[str]:
    plain = _plain(net)
    host = re.sub(r"^\w+://", "", plain.rpartition("@")[2]).split("/")[0].split(":")[0]
    host = host.removeprefix("www.")
    if "." not in host or _SHARED_MAIL.search(host):
        return {plain}
    labels = {label for label in host.split(".") if label not in _ENDS | _GENERIC and len(label) >= 4}
    return {plain, host, *labels}


def _is_telling(needle: str) -> bool:
    if needle.isdigit():
        return len(needle) >= 6
    return len(needle) >= (_LEAST_LATIN if _is_latin(needle) else _LEAST) and needle not in _GENERIC


class Veil:
    """Replaces in texts whatever tells who applied. ``None``: nothing is hidden."""

    def __init__(self, identity: Identity | None) -> None:
        self.hides = identity is not None
        found: set[str] = set()
        for values, needles in (
            (
                (identity.organizations, _organization_needles),
                (identity.people, _person_needles),
                (identity.numbers, _number_needles),
                (identity.addresses, _address_needles),
                (identity.nets, _net_needles),
            )
            if identity
            else ()
        ):
            for value in values:
                found |= {fold(needle) for needle in needles(value)}
        self.needles = sorted((needle for needle in found if _is_telling(needle)), key=len, reverse=True)

    def over(self, text: str) -> str:
        """``text`` with the applicant's names, and everybody's addresses, replaced by words."""
        if not self.hides or not text:
            return text
        text = _LINK.sub(_("(link withheld)"), unicodedata.normalize("NFC", text))
        text = _PHONE.sub(_("(contact withheld)"), _MAIL.sub(_("(contact withheld)"), text))
        out, last = [], 0
        for start, end in _merged(_with_form(text, span) for span in self._spans(text)):
            out += [text[last:start], _("(applicant)")]
            last = end
        return "".join([*out, text[last:]])

    def over_all(self, value: Any) -> Any:
        """Every text in ``value`` (lists and dictionaries of them) veiled; keys stay."""
        if isinstance(value, str):
            return self.over(value)
        if isinstance(value, Mapping):
            return {key: self.over_all(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.over_all(item) for item in value]
        return value

    def tells(self, text: str) -> bool:
        """``text`` holds something that would be replaced."""
        return self.over(text) != unicodedata.normalize("NFC", text)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        folded, at = _folded(text)
        spans = []
        for needle in self.needles:
            start = folded.find(needle)
            while start >= 0:
                span = at[start], at[start + len(needle) - 1] + 1
                if _stands_alone(needle, text, span):
                    spans.append(span)
                start = folded.find(needle, start + 1)
        return spans


def _stands_alone(needle: str, text: str, span: tuple[int, int]) -> bool:
    """Latin words are not looked for inside others, numbers not inside longer ones."""
    before = unicodedata.normalize("NFKC", text[max(span[0] - 1, 0) : span[0]])[-1:]
    after = unicodedata.normalize("NFKC", text[span[1] : span[1] + 1])[:1]
    if needle.isdigit():
        return not (before.isdigit() or after.isdigit())
    if not _is_latin(needle):
        return True
    return not (_joins(before) and _joins(needle[0])) and not (_joins(after) and _joins(needle[-1]))


def _with_form(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """``span`` with the legal form that stands before or after it."""
    before, after = _FORM_BEFORE.search(text, 0, span[0]), _FORM_AFTER.match(text, span[1])
    return before.start() if before else span[0], after.end() if after else span[1]


def _joins(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order; those that overlap or touch as one."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def identity_of_answers(answers: Mapping[str, Any]) -> Identity:
    """What the answers of one application or revision tell of who applied."""
    texts = {name: str(answers.get(name) or "") for name in IDENTITY_FIELDS}
    return Identity(
        organizations=(texts["org_name"], texts["org_kana"]),
        people=(texts["representative"], texts["contact_name"]),
        numbers=(texts["corporate_number"], texts["contact_phone"], texts["postal_code"]),
        addresses=(texts["address"],),
        nets=(texts["contact_email"],),
    )


def identities_joined(identities: Iterable[Identity]) -> Identity:
    """One that holds what all hold."""
    rows = list(identities)
    names = ("organizations", "people", "numbers", "addresses", "nets")
    return Identity(**{name: [text for row in rows for text in getattr(row, name)] for name in names})
