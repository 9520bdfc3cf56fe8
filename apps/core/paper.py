"""The child process that makes a PDF of our HTML. Started by ``apps.core.confinement``; knows no Django."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import weasyprint
from weasyprint.urls import URLFetcher

from apps.core.confinement import confine, reply


class NoFetcher(URLFetcher):
    """A page on paper holds everything it needs: nothing is fetched, from no network and no disk."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        raise ValueError(f"nothing is fetched: {url[:80]}")


def write(job: dict[str, Any], out: Any) -> int:
    """``job``: html, css, tagged. Gives the number of pages."""
    nothing = NoFetcher()
    page = weasyprint.HTML(string=job["html"], base_url="nowhere://", url_fetcher=nothing)
    document = page.render(stylesheets=[weasyprint.CSS(string=job["css"], url_fetcher=nothing)])
    options = {"pdf_variant": "pdf/ua-1", "pdf_tags": True} if job["tagged"] else {}
    document.write_pdf(out, **options)
    return len(document.pages)


def main() -> None:
    """Read the job as JSON from standard input, write the PDF."""
    with os.fdopen(confine(give_up_rights=False), "w+b", closefd=False) as out:
        try:
            said: dict[str, Any] = {"pages": write(json.load(sys.stdin.buffer), out)}
            out.flush()
        except Exception as error:  # noqa: BLE001, RUF100 -- the parent says it
            said = {"error": f"{type(error).__name__}: {error}"[:500]}
    reply(said)
