"""Answering the screens of an application, as journeys need it."""

from __future__ import annotations

import re

from tests.journeys.stage import Person

SENSOR = {
    "sensors-0-name": "水位計 WL-20",
    "sensors-0-count": "12",
    "sensors-0-payload_bytes": "11",
}


def begins(applicant: Person, call: str, address: str) -> None:
    """From the call's page to the first question, with a code by e-mail."""
    applicant.tap(f"a[href$='/apply/{call}/start/']")
    applicant.sign_in(address)
    applicant.page.wait_for_url("**/questions/who/")


def who(applicant: Person, number: str = "4011001098993") -> None:
    applicant.choose("org_kind", "corporation")
    applicant.fill(
        org_name="株式会社みずおと技研",
        org_kana="カブシキガイシャミズオトギケン",
        corporate_number=number,
        postal_code="930-0083",
        address="富山市総曲輪1-2-3",
        representative="代表取締役 山田 はる",
    )
    applicant.submit()


def contact(applicant: Person) -> None:
    """The e-mail address stands there already."""
    applicant.fill(contact_name="山田 はる")
    applicant.submit()


def idea(applicant: Person, title: str = "用水路のごみ詰まりを水位差で知る") -> None:
    applicant.fill(title=title, need="見回りは週3回、それでもあふれます。")
    applicant.submit()


def plan(applicant: Person) -> None:
    applicant.fill(
        plan="柵の前後の水位差が10 cmを超えたら知らせます。",
        measure="見回りの記録より2時間早く気づけるかを比べます。",
        learning="水位差ではわからない詰まり方を記録します。",
    )
    applicant.submit()


def devices(applicant: Person) -> None:
    """The interval of ten minutes stands there already."""
    applicant.fill(**SENSOR)
    applicant.submit()


def place(applicant: Person) -> None:
    applicant.tick("place_undecided")
    applicant.choose("facilities", "none")
    applicant.submit()


def period(applicant: Person) -> None:
    """The call's own period stands there already."""
    applicant.submit()


def safety(applicant: Person) -> None:
    applicant.choose("personal_data", "no")
    applicant.choose("conformity", "ready")
    applicant.choose("sharing", "city")
    applicant.submit()


def hands_in(applicant: Person) -> str:
    """Pledge and press the button; gives the receipt number."""
    applicant.tick("all")
    applicant.submit()
    applicant.page.wait_for_url("**/receipt/")
    code = re.search(r"/applications/(\d{4}-\d{3,})/", applicant.page.url)
    assert code
    return code.group(1)
