"""Forms of devices by a file: choosing it, and mending rows in the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from apps.core.forms import Refusable
from apps.devices.forms.device import WriteOnlyInput
from apps.devices.rules.sheet import COLUMNS, KEY_FIELDS, MOST_BYTES, MOST_CELL, column_name
from apps.devices.selectors.batch import CheckedRow

#: So many rows are mended at once; a file with more faults is better mended in the spreadsheet.
MOST_AT_ONCE = 20
_NAME = re.compile(r"r(\d{1,6})-(\w+)")
_CODE = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "mono"}


class BatchFileForm(Refusable):
    file = forms.FileField(
        label=_("CSV file"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        help_text=_("Up to 500 devices and 500 KB."),
        error_messages={"required": _("Choose a file."), "max_length": _("Choose a file.")},
    )

    @sensitive_variables()
    def content(self) -> bytes:
        """The file, one byte more than is allowed at most."""
        sent: Any = self.cleaned_data["file"]
        content: bytes = sent.read(MOST_BYTES + 1)
        return content


class MendForm(forms.Form):
    """The cells with faults of ``rows``, as they were typed; keys are empty and only written."""

    @sensitive_variables()
    def __init__(self, rows: Sequence[CheckedRow]) -> None:
        self.rows = list(rows[:MOST_AT_ONCE])
        self.names = {row.line: [f"r{row.line}-{code}" for code in _shown(row)] for row in self.rows}
        typed = {
            f"r{row.line}-{code}": "" if code in KEY_FIELDS else row.typed.get(code, "")
            for row in self.rows
            for code in _shown(row)
        }
        super().__init__(data=typed)
        for row in self.rows:
            for code in _shown(row):
                self.fields[f"r{row.line}-{code}"] = _cell(row.line, code)
            self.fields[f"r{row.line}-leave"] = forms.BooleanField(
                label=_("Leave this line out"), required=False
            )

    def clean(self) -> None:
        for row in self.rows:
            for code, texts in row.faults.items():
                name = f"r{row.line}-{code}"
                for text in texts:
                    self.add_error(name if name in self.fields else None, text)

    @property
    def groups(self) -> list[dict[str, Any]]:
        """For the page: line, name of the device, its fields, what is wrong with the line as a whole."""
        return [
            {
                "line": row.line,
                "name": row.typed.get("name", ""),
                "fields": [self[name] for name in self.names[row.line]],
                "leave": self[f"r{row.line}-leave"],
                "whole": row.faults.get("extra", []),
            }
            for row in self.rows
        ]


def _shown(row: CheckedRow) -> list[str]:
    return [code for code in row.faults if code in COLUMNS]


def _cell(line: int, code: str) -> forms.CharField:
    widget = WriteOnlyInput if code in KEY_FIELDS else forms.TextInput
    coded = code in ("dev_eui", "join_eui", "qr", *KEY_FIELDS)
    return forms.CharField(
        label=f"{gettext('Line %(line)s') % {'line': line}} {column_name(code)}",
        required=False,
        max_length=MOST_CELL,
        widget=widget(attrs=_CODE if coded else {"autocomplete": "off"}),
    )


@sensitive_variables()
def mends_of(data: Mapping[str, Any]) -> tuple[dict[int, dict[str, str]], list[int]]:
    """What a mend form sent: cells by line and column, lines to leave out. Other names are passed over."""
    mends: dict[int, dict[str, str]] = {}
    left_out = []
    for name in data:
        found = _NAME.fullmatch(name)
        if found is None:
            continue
        line, code = int(found[1]), found[2]
        if code == "leave":
            left_out.append(line)
        elif code in COLUMNS:
            mends.setdefault(line, {})[code] = str(data[name])
    return mends, left_out
