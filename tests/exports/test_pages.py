"""The page of exports, taking files in parts, and the same by API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.apikeys.domain import api_key_create
from apps.core.downloads import byte_range, disposition
from apps.devices.models import Device
from apps.exports.models import ExportJob
from apps.trials.enums import Access, ParticipantRole
from apps.trials.models import Participant
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.exports import asked, made, uplinks
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def export(cast: Cast, device: Device) -> ExportJob:
    uplinks(device, 50)
    return made(asked(device, cast.owner))


def list_url(cast: Cast) -> str:
    return f"/o/{cast.organization.pk}/exports/"


def file_url(export: ExportJob) -> str:
    return f"/o/{export.organization_id}/exports/{export.pk}/file/"


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("rows", [1, 3])
def test_export_list_asks_the_same_number_of_questions(
    client: Client, cast: Cast, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(rows):
        trial = TrialFactory.create(organization=cast.organization)
        made(asked(DeviceFactory.create(trial=trial), cast.owner))
    client.force_login(cast.reader)
    client.get(list_url(cast))
    with django_assert_num_queries(11):
        page = client.get(list_url(cast))
    assert page.content.decode().count("/file/") == rows


def test_viewer_can_look_and_take_but_not_ask(client: Client, cast: Cast, export: ExportJob) -> None:
    running = asked(export_device(export), cast.owner)
    client.force_login(cast.reader)
    page = client.get(list_url(cast)).content.decode()
    assert file_url(export) in page
    assert "/cancel/" not in page
    assert "/export/" not in page
    assert len(body(client.get(file_url(export)))) == export.size
    assert client.post(f"{list_url(cast)}{running.pk}/cancel/").status_code == 403
    client.force_login(cast.colleague)
    assert "/cancel/" in client.get(list_url(cast)).content.decode()


def export_device(export: ExportJob) -> Device:
    return Device.objects.get(trial=export.subject)


def test_rows_are_asked_again_only_while_something_is_made(
    client: Client, cast: Cast, device: Device, export: ExportJob
) -> None:
    client.force_login(cast.owner)
    assert "hx-trigger" not in client.get(list_url(cast)).content.decode()
    other = asked(device, cast.owner)
    address = f"{list_url(cast)}rows/"
    first = client.get(address)
    assert "hx-trigger" in first.content.decode()
    same = client.get(address, headers={"if-none-match": first["ETag"]})
    assert same.status_code == 304
    made(other)
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 200
    client.force_login(cast.stranger)
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 404


def test_a_download_is_taken_up_again(client: Client, cast: Cast, export: ExportJob) -> None:
    client.force_login(cast.owner)
    whole = client.get(file_url(export))
    content = body(whole)
    assert (whole.status_code, int(whole["Content-Length"])) == (200, export.size)
    assert whole["ETag"] == f'"{export.sha256}"'
    assert "filename*=UTF-8''" in whole["Content-Disposition"]
    rest = client.get(file_url(export), headers={"range": "bytes=100-", "if-range": whole["ETag"]})
    assert (rest.status_code, rest["Content-Range"]) == (206, f"bytes 100-{len(content) - 1}/{len(content)}")
    assert content[:100] + body(rest) == content
    dated = client.get(file_url(export), headers={"range": "bytes=-5", "if-range": whole["Last-Modified"]})
    assert body(dated) == content[-5:]
    other = client.get(file_url(export), headers={"range": "bytes=100-", "if-range": '"other"'})
    assert (other.status_code, body(other)) == (200, content)
    beyond = client.get(file_url(export), headers={"range": f"bytes={len(content)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(content)}")
    assert client.get(file_url(export), headers={"if-none-match": whole["ETag"]}).status_code == 304
    head = client.head(file_url(export))
    assert (head.status_code, int(head["Content-Length"]), head.content) == (200, len(content), b"")


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=5-", (5, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-30", (0, 9)),
        ("bytes=8-99", (8, 9)),
        ("bytes=5-2", None),
        ("bytes=0-1,4-5", None),
        ("bytes=-", None),
        ("items=0-1", None),
        ("bytes=٣-", None),
        ("bytes=" + "9" * 40 + "-", None),
        ("", None),
    ],
)
def test_ranges(header: str, wanted: tuple[int, int] | None) -> None:
    assert byte_range(header, 10) == wanted


def test_names_in_any_script() -> None:
    assert disposition("a.csv") == 'attachment; filename="a.csv"'
    assert disposition('水位";x=.csv') == (
        "attachment; filename=\"x-.csv\"; filename*=UTF-8''%E6%B0%B4%E4%BD%8D%22%3Bx%3D.csv"
    )


def test_the_file_of_a_trial_that_one_left_is_refused(
    client: Client, cast: Cast, device: Device, export: ExportJob
) -> None:
    Participant.objects.filter(trial=device.trial, organization=cast.organization).delete()
    client.force_login(cast.owner)
    assert client.get(file_url(export)).status_code == 403
    assert file_url(export) not in client.get(list_url(cast)).content.decode()
    ExportJob.objects.filter(pk=export.pk).update(state="expired", file="")
    assert client.get(file_url(export)).status_code == 403


def test_deleted_and_unfinished_files_say_so(
    client: Client, cast: Cast, device: Device, export: ExportJob
) -> None:
    client.force_login(cast.owner)
    waiting = asked(device, cast.owner)
    assert client.get(file_url(waiting)).status_code == 409
    ExportJob.objects.filter(pk=export.pk).update(state="expired", file="")
    assert client.get(file_url(export)).status_code == 404


def test_asking_on_the_page(client: Client, cast: Cast, device: Device) -> None:
    uplinks(device, 2)
    client.force_login(cast.colleague)
    address = f"/o/{cast.organization.pk}/trials/{device.trial.code}/export/"
    page = client.get(f"{address}?device={device.pk}").content.decode()
    assert f'value="{device.pk}" selected' in page
    wish = {
        "what": "raw",
        "device": str(device.pk),
        "since": "2026-01-01",
        "until": "2099-12-31",
        "format": "jsonl",
    }
    answer = client.post(address, wish)
    assert answer.headers["Location"] == list_url(cast)
    export = made(ExportJob.objects.get())
    assert (export.params["content"], export.format, export.rows_done) == ("raw", "jsonl", 2)
    wrong = client.post(address, {**wish, "since": "2099-01-01", "until": "2026-01-01"})
    assert wrong.status_code == 422
    assert "id_until" in wrong.content.decode()


def key_for(cast: Cast, **more: Any) -> dict[str, str]:
    scopes = ["read:data"]
    _key, token = api_key_create(
        organization=cast.organization, actor=cast.owner, name="取り込み", scopes=scopes, **more
    )
    return {"authorization": f"Bearer {token}"}


def test_export_by_api(client: Client, cast: Cast, device: Device) -> None:
    uplinks(device, 3)
    headers, address = key_for(cast), "/api/v1/exports"
    wish = {"kind": "telemetry.uplinks", "params": {"device": str(device.pk)}, "format": "jsonl"}
    answer = client.post(address, wish, content_type="application/json", headers=headers)
    assert answer.status_code == 202, answer.content
    one = answer.json()
    assert (one["state"], one["file"]) == ("waiting", None)
    assert answer["Location"].endswith(f"/api/v1/exports/{one['id']}")
    assert not any(name.startswith("_") for name in one["params"])
    assert client.get(f"{address}/{one['id']}/file", headers=headers).json()["code"] == "export_not_ready"
    export = made(ExportJob.objects.get())
    assert (export.made_by, export.key_name) == (None, "取り込み")
    done = client.get(f"{address}/{one['id']}", headers=headers).json()
    assert (done["state"], done["rows"], done["sha256"]) == ("done", 3, export.sha256)
    taken = client.get(done["file"], headers={**headers, "range": "bytes=0-9", "accept": "text/csv"})
    assert (taken.status_code, len(body(taken))) == (206, 10)
    assert [row["id"] for row in client.get(address, headers=headers).json()["results"]] == [one["id"]]
    wrong = {**wish, "params": {"trial": device.trial.code, "since": "soon"}}
    refused = client.post(address, wrong, content_type="application/json", headers=headers)
    assert refused.json()["errors"][0]["pointer"] == "/params/since"
    again = client.delete(f"{address}/{one['id']}", headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "export_ended")


def test_a_full_number_is_told_by_the_api(client: Client, cast: Cast, device: Device, settings: Any) -> None:
    settings.EXPORTS_AT_ONCE = 1
    wish = {"kind": "telemetry.uplinks", "params": {"trial": device.trial.code}}
    answers = [
        client.post("/api/v1/exports", wish, content_type="application/json", headers=key_for(cast))
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 429]
    refusal = answers[1].json()
    assert (refusal["code"], refusal["limit"], refusal["used"]) == ("exports_at_once", 1, 1)


def test_a_key_sees_its_trials_and_its_organizations_devices_only(
    client: Client, cast: Cast, device: Device, export: ExportJob
) -> None:
    limited = key_for(cast, trials=[TrialFactory.create(organization=cast.organization)])
    assert client.get("/api/v1/exports", headers=limited).json()["results"] == []
    assert client.get(f"/api/v1/exports/{export.pk}", headers=limited).status_code == 404
    wish = {"kind": "telemetry.uplinks", "params": {"trial": device.trial.code}}
    refused = client.post("/api/v1/exports", wish, content_type="application/json", headers=limited)
    assert refused.status_code == 404
    whole, address = key_for(cast), f"/api/v1/exports/{export.pk}/file"
    assert len(body(client.get(address, headers=whole))) == export.size
    Participant.objects.create(
        trial=device.trial, organization=cast.other, role=ParticipantRole.PARTNER, access=Access.READ
    )
    assert client.get(address, headers=whole).status_code == 403
    assert client.get(f"/api/v1/exports/{uuid.uuid4()}", headers=whole).status_code == 404


@pytest.mark.parametrize("value", ["2026\x00015", "\x00", "x" * 5000])
@pytest.mark.parametrize("name", ["trial", "device", "since", "content"])
def test_odd_parameters_are_refused_not_failed(
    client: Client, cast: Cast, device: Device, name: str, value: str
) -> None:
    wish = {"kind": "telemetry.uplinks", "params": {"trial": device.trial.code, name: value}}
    answer = client.post("/api/v1/exports", wish, content_type="application/json", headers=key_for(cast))
    assert answer.status_code in (404, 422), answer.content


def test_what_failed_inside_is_not_told_to_companies(client: Client, cast: Cast, device: Device) -> None:
    """Texts of exceptions name tables, hosts and folders."""
    export = asked(device, cast.owner)
    inside = 'OperationalError: connection to server at "10.0.0.7" failed'
    ExportJob.objects.filter(pk=export.pk).update(state="failed", error=inside)
    told = client.get(f"/api/v1/exports/{export.pk}", headers=key_for(cast)).json()
    assert told["state"] == "failed"
    assert told["error"]
    assert "10.0.0.7" not in str(told)
