"""People as staff paste them: one in each line, ``name <mail> affiliation`` or in columns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from apps.core.text import clean_line, clean_text

#: People in one go.
MOST = 50
_ANGLES = re.compile(r"^(?P<name>[^<]*)[<＜]\s*(?P<mail>[^>＞]*?)\s*[>＞](?P<rest>.*)$")
_CELLS = re.compile(r"\t|[,，、;；]")


@dataclass(frozen=True)
class Invitee:
    """A person to invite; ``affiliation`` may be empty."""

    name: str
    email: str
    affiliation: str = ""


def _parts(line: str) -> tuple[str, str, str]:
    """Name, address and affiliation of one line, as far as they can be told apart."""
    if match := _ANGLES.match(line):
        return match["name"], match["mail"], match["rest"]
    cells = [cell.strip() for cell in _CELLS.split(line)]
    if len(cells) == 1:
        cells = line.rsplit(None, 1) if "@" in line else [line]
    mail = next((cell for cell in cells if "@" in cell), "")
    rest = [cell for cell in cells if cell and cell != mail]
    return (rest[0] if rest else ""), mail, " ".join(rest[1:])


def _fault(person: Invitee, seen: set[str]) -> str:
    if not person.email:
        return _("There is no e-mail address in it.")
    try:
        validate_email(person.email)
    except ValidationError:
        return _("“%(email)s” is not an e-mail address.") % {"email": person.email[:80]}
    if not person.name:
        return _("There is no name in it.")
    if len(person.name) > 100 or len(person.email) > 254 or len(person.affiliation) > 200:
        return _("It is too long.")
    return _("This address stands in the list twice.") if person.email in seen else ""


def people_of(text: str) -> tuple[list[Invitee], list[str]]:
    """The people in ``text`` and what cannot be read, each fault naming its line."""
    found: list[Invitee] = []
    faults: list[str] = []
    lines = [(number, line) for number, line in enumerate(clean_text(text).split("\n"), 1) if line.strip()]
    if len(lines) > MOST:
        return [], [_("At most %(most)d people in one go.") % {"most": MOST}]
    seen: set[str] = set()
    for number, line in lines:
        name, mail, rest = (clean_line(part).strip("\"',，、") for part in _parts(line))
        person = Invitee(name, mail.lower().strip(), rest)
        if fault := _fault(person, seen):
            faults.append(_("Line %(number)d: %(fault)s") % {"number": number, "fault": fault})
        else:
            found.append(person)
            seen.add(person.email)
    return found, faults
