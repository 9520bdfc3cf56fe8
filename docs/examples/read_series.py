# %% [markdown]
# # Read a series of a device
#
# Needs nothing but Python 3.9 or newer. Run it as a program, or open it as a notebook (Jupyter, VS Code and
# PyCharm read the `# %%` marks; `jupytext --to ipynb read_series.py` makes a file of it).
#
#     export MACHITRY_URL='https://<portal>'
#     export MACHITRY_KEY='<a key with read:devices and read:data>'
#     python read_series.py            # the newest device, the last day
#     python read_series.py --device <id> --days 30 --csv level.csv

# %%
"""Read devices and their series by the API: standard library only."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone

JAPAN = timezone(timedelta(hours=9))


class Refused(Exception):
    """The API said no: ``code`` does not change, the text is for people."""

    def __init__(self, status: int, problem: dict) -> None:
        self.status = status
        self.code = problem.get("code", "")
        super().__init__(f"{status} {self.code}: {problem.get('detail', '')}")


# %% [markdown]
# ## Asking
# One function for every operation. It puts the key into the header (never into the address), waits when the
# limit is met, and follows `next` through the pages of a list.


# %%
def ask(address: str, **query: object) -> dict:
    """The answer of the API as Python values; raises ``Refused``."""
    portal, key = os.environ["MACHITRY_URL"].rstrip("/"), os.environ["MACHITRY_KEY"]
    url = address if "://" in address else f"{portal}/api/v1{address}"
    given = {name: value for name, value in query.items() if value is not None}
    if given:
        url += "?" + urllib.parse.urlencode(given)
    if not url.startswith(portal):
        raise ValueError(f"{url} is not an address of {portal}: the key is not sent there.")
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    for attempt in range(5):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code in (429, 503) and attempt < 4:
                time.sleep(float(error.headers.get("Retry-After", "5")))
                continue
            raise Refused(error.code, json.load(error)) from None
    raise AssertionError("not reached")


def pages(address: str, **query: object):
    """Every row of a list, page after page."""
    answer = ask(address, **query)
    while True:
        yield from answer["results"]
        if not answer["next"]:
            return
        answer = ask(answer["next"])


# %% [markdown]
# ## Devices


# %%
def devices(trial: str | None = None) -> list:
    """Every device that the key sees, the newest first."""
    return list(pages("/devices", trial=trial, limit=200))


# %% [markdown]
# ## A series
# The server chooses single values, hours or days, so that a year comes as fast as a day. A gap stays a gap:
# where nothing arrived there is `None`.


# %%
def series(device: str, *, days: float = 1, fields: str | None = None, interval: str | None = None) -> dict:
    """The values of the last ``days`` of a device."""
    until = datetime.now(JAPAN)
    since = (until - timedelta(days=days)).isoformat(timespec="seconds")
    told = {"since": since, "until": until.isoformat(timespec="seconds"), "fields": fields}
    return ask(f"/devices/{device}/series", interval=interval, **told)


def rows(found: dict) -> list:
    """A series as rows of a table, for `csv` or `pandas.DataFrame(rows(found))`."""
    table = []
    for at, moment in enumerate(found["times"]):
        row = {"time": datetime.fromisoformat(moment.replace("Z", "+00:00"))}
        for field in found["fields"]:
            for part in ("values", "mean", "min", "max", "count"):
                if part in field:
                    name = field["name"] if part == "values" else f"{field['name']}_{part}"
                    row[name] = field[part][at]
        table.append(row)
    return table


def write_csv(path: str, table: list) -> None:
    """The rows in a file that spreadsheets read."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(table[0]))
        writer.writeheader()
        writer.writerows(table)


# %% [markdown]
# ## Run it
# In a notebook call the functions above. With pandas and Matplotlib:
#
#     import pandas
#     frame = pandas.DataFrame(rows(series(devices()[0]["id"], days=30))).set_index("time")
#     frame.plot()


# %%
def main(arguments: list | None = None) -> int:
    parser = argparse.ArgumentParser(description="Read a series of a device by the API.")
    parser.add_argument("--device", help="its id; without it the newest device")
    parser.add_argument("--days", type=float, default=1)
    parser.add_argument("--fields", help="names with commas between; without it all")
    parser.add_argument("--csv", help="write the values into this file")
    told = parser.parse_args(arguments)
    try:
        device = told.device
        if device is None:
            known = devices()
            if not known:
                print("There is no device yet.", file=sys.stderr)
                return 1
            device = known[0]["id"]
        found = series(device, days=told.days, fields=told.fields)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    table = rows(found)
    units = ", ".join(f"{field['label']} ({field['unit']})" for field in found["fields"])
    print(f"{found['name']}: {len(table)} rows of {found['interval']}, {units}")
    for row in table[-5:]:
        print("  ".join(str(value) for value in row.values()))
    if told.csv and table:
        write_csv(told.csv, table)
        print(f"written to {told.csv}")
    return 0


if __name__ == "__main__" and "ipykernel" not in sys.modules:
    sys.exit(main())
