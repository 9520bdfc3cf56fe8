"""Lists of the admin: each cell names its column, so that a row can be a card on a phone."""

from __future__ import annotations

import pytest
from django.contrib.admin import site
from django.test import Client
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.core.templatetags.admin_cards import card_cells
from apps.devices.models import Device
from tests.factories.devices import DeviceFactory


def test_cells_say_their_column_safely() -> None:
    cells = [
        SafeString("<td>☐</td>"),
        SafeString('<th class="a"><a href="/">A</a></th>'),
        SafeString("<td>1"),
    ]
    headers = [
        {"text": "☐", "class_attrib": ' class="action-checkbox-column"'},
        {"text": 'the "name" <b>', "class_attrib": ""},
    ]
    assert card_cells(cells, headers) == (
        '<td>☐</td><th data-l="The &quot;name&quot; &lt;b&gt;" class="a"><a href="/">A</a></th><td>1'
    )


@pytest.mark.django_db
def test_list_of_devices_is_cards_and_can_be_ordered(client: Client) -> None:
    client.force_login(User.objects.create_user("s@city.example.jp", is_staff=True, is_superuser=True))
    DeviceFactory.create(name='<i>"1"')
    page = client.get("/en/admin/devices/device/").content.decode()
    assert '<td data-l="DevEUI" class="field-dev_eui">' in page
    assert 'class="field-name"><a href=' in page
    assert "<i>" not in page.split("<table")[1]
    assert "<summary>Order<span>Name ↑</span></summary>" in page
    assert 'aria-current="true">Name (small to large)</a>' in page


@pytest.mark.django_db
def test_filters_are_folded_above_the_list_and_say_what_is_chosen(client: Client) -> None:
    client.force_login(User.objects.create_user("s@city.example.jp", is_staff=True, is_superuser=True))
    DeviceFactory.create()
    url = "/en/admin/devices/device/"
    folded = _folded(client.get(url).content.decode())
    assert "<summary>Narrow down<span></span></summary>" in folded
    assert folded.count('aria-current="true">All</a>') == 2
    assert "Show everything again" not in folded
    chosen = _folded(client.get(f"{url}?state__exact=paused").content.decode())
    assert "<summary>Narrow down<span>paused</span></summary>" in chosen
    assert 'aria-current="true">paused</a>' in chosen
    assert '<a href="?">Show everything again</a>' in chosen


def _folded(page: str) -> str:
    """The folded filters; they stand before the list."""
    return page.split('<details class="cards-fold cards-filter">')[1].split("</details>")[0]


@pytest.mark.parametrize(
    ("cell", "none"), [("-", True), ("—", True), ("2-", False), ("0", False), ("", False)]
)
def test_a_cell_without_a_value_says_so(cell: str, none: bool) -> None:
    cells = card_cells([SafeString(f"<td>{cell}</td>")], [{"text": "A", "class_attrib": ""}])
    assert ("data-none" in cells) == none


def test_a_list_has_fifty_rows_unless_it_says_otherwise() -> None:
    assert site._registry[Device].list_per_page == 50
    assert all(model_admin.list_per_page <= 50 for model_admin in site._registry.values())


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('<img src="/s/icon-yes.d2f9.svg" alt="True">', '<b class="yes">はい</b>'),
        ('<img src="/s/icon-no.svg" alt="False">', '<span class="no">いいえ</span>'),
        ("2026年12月3日 9:00", '<span class="nw">2026年12月3日</span> 9:00'),
        ("3 December 2026", '<span class="nw">3 December 2026</span>'),
        ("2026年12月3日の会", "2026年12月3日の会"),
    ],
)
def test_a_cell_says_yes_in_words_and_keeps_a_day_together(cell: str, shown: str) -> None:
    cells = card_cells([SafeString(f"<td>{cell}</td>")], [{"text": "A", "class_attrib": ""}])
    assert cells == f'<td data-l="A">{shown}</td>'


@pytest.mark.django_db
def test_an_empty_list_says_so_and_a_search_without_result_leads_back(client: Client) -> None:
    client.force_login(User.objects.create_user("s@city.example.jp", is_staff=True, is_superuser=True))
    url = "/en/admin/devices/device/"
    empty = client.get(url).content.decode()
    assert "<h2>Nothing here yet</h2>" in empty
    assert 'class="paginator"' not in empty
    DeviceFactory.create()
    found = client.get(f"{url}?q=nowhere").content.decode()
    assert "<h2>Nothing fits</h2>" in found
    assert 'href="?">Show everything again</a>' in found
    assert "<span>1 result</span>" in client.get(url).content.decode()
