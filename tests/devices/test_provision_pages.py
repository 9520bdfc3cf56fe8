"""Staff pages of provisioning and differences, and what the company reads."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core import clock
from apps.core.registry import work_queue
from apps.devices.enums import DeviceState, DriftKind, ProvisionState, Wanted
from apps.devices.models import Drift, ModelProfile, Provision
from apps.devices.selectors.provisioning import provision_note, seen_by_company, servers_drift, staff_words
from apps.outbox.models import Job
from apps.trials.models import Trial
from tests.cast import Cast
from tests.factories.devices import DeviceFactory, DeviceModelFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.provisioning import DriftFactory, ModelProfileFactory, ProvisionFactory
from tests.network.fake_chirpstack import FakeChirpStack

pytestmark = pytest.mark.django_db
DRIFT, PROVISIONS = reverse("admin:devices_drift_changelist"), reverse("admin:devices_provision_changelist")


@pytest.fixture
def staff(cast: Cast, client: Client) -> Client:
    client.force_login(cast.staff)
    return client


def test_profile_is_chosen_from_the_servers_list(staff: Client, fake: FakeChirpStack) -> None:
    server = NetworkServerFactory.create(address=fake.address, tenant=fake.tenant)
    NetworkServerFactory.create(name="away")
    old = fake.add_profile("水位計", mac_version=3)
    new = fake.add_profile("新しい", mac_version=5)
    model = DeviceModelFactory.create()
    url = reverse("admin:devices_modelprofile_add")
    page = staff.get(url).content.decode()
    assert "水位計" in page
    assert "away" in page
    values = {"model": str(model.pk), "choice": f"{server.pk}:{new}"}
    assert "1.0.3" in staff.post(url, values).content.decode()  # the model's keys would stand wrong
    assert not ModelProfile.objects.exists()
    assert staff.post(url, {**values, "choice": f"{server.pk}:{old}"}).status_code == 302
    profile = ModelProfile.objects.get()
    assert (profile.server, profile.profile_id) == (server, old)
    assert staff.post(url, {**values, "choice": f"{server.pk}:{old}"}).status_code == 200
    assert ModelProfile.objects.count() == 1


def test_differences_by_kind_in_constant_queries(staff: Client, django_assert_num_queries: Any) -> None:
    """The page's own three; what every admin page asks comes on top and is the same for any number."""
    server = ModelProfileFactory.create().server
    staff.get(DRIFT)
    asked = []
    for rows in (1, 3):
        for device in DeviceFactory.create_batch(rows - Drift.objects.count() // 2):
            kind = DriftKind.MISSING_THERE
            DriftFactory.create(server=server, device=device, dev_eui=device.dev_eui, kind=kind)
            DriftFactory.create(server=server)
        with django_assert_num_queries(3):
            servers_drift()
        with CaptureQueriesContext(connection) as context:
            page = staff.get(DRIFT).content.decode()
        asked.append(len(context))
        assert page.count('value="mend"') == 2 * rows
        assert page.count('name="count"') == (2 if rows > 1 else 0)
    assert asked[0] == asked[1]


def test_many_differences_are_read_page_by_page(staff: Client) -> None:
    """The page of all shows the first of each kind; the rest stand on pages of their own."""
    server = ModelProfileFactory.create().server
    now = clock.now()
    for number in range(120):
        ignored = {"ignored_at": now, "ignore_reason": "試験用"} if number >= 60 else {}
        Drift.objects.create(
            server=server, dev_eui=f"{number:016x}", kind=DriftKind.UNKNOWN_HERE, seen_at=now, **ignored
        )
    everything = staff.get(DRIFT).content.decode()
    assert everything.count('value="mend"') == everything.count('value="heed"') == 10
    assert 'name="count" value="60"' in everything
    asked: dict[str, Any] = {"server": str(server.pk), "kind": "unknown_here"}
    assert f"?server={server.pk}&amp;kind=unknown_here" in everything
    first, second = (staff.get(DRIFT, {**asked, "page": page}).content.decode() for page in (1, 2))
    assert (first.count('value="mend"'), second.count('value="mend"')) == (50, 10)
    stands = staff.get(DRIFT, {**asked, "kind": "may_stand"}).content.decode()
    assert stands.count('value="heed"') == 50
    row = Drift.objects.get(dev_eui=f"{7:016x}")
    mend = {"act": "mend", "section": "unknown_here"}
    answer = staff.post(reverse("admin:devices_drift_act", args=[row.pk]), mend)
    assert answer["Location"] == f"{DRIFT}?server={server.pk}&kind=unknown_here"
    assert staff.get(DRIFT, {**asked, "kind": "x"}).status_code == 404
    assert staff.get(DRIFT, {**asked, "server": "x"}).status_code == 404


def test_a_difference_is_mended_or_let_stand(staff: Client, cast: Cast) -> None:
    one, two, three = DriftFactory.create_batch(3, server=ModelProfileFactory.create().server)
    act = [reverse("admin:devices_drift_act", args=[row.pk]) for row in (one, two, three)]
    staff.post(act[0], {"act": "mend"})
    assert Drift.objects.get(pk=one.pk).closed_by == cast.staff
    assert Job.objects.get().payload["dev_eui"] == one.dev_eui
    assert staff.post(act[1], {"act": "ignore", "reason": ""}).status_code == 422
    staff.post(act[1], {"act": "ignore", "reason": "試験用"})
    assert "試験用" in staff.get(DRIFT).content.decode()
    on_server = reverse("admin:devices_drift_server", args=[three.server_id])
    staff.post(on_server, {"kind": "unknown_here", "count": "2"})  # another number than is there
    assert Drift.objects.get(pk=three.pk).closed_at is None
    staff.post(on_server, {"kind": "unknown_here", "count": "1"})
    assert Drift.objects.get(pk=three.pk).closed_at is not None
    staff.post(act[1], {"act": "heed"})
    assert Drift.objects.get(pk=two.pk).ignored_at is None
    assert staff.post(act[0], {"act": "mend"}).status_code == 302  # again: told that it is done
    staff.post(on_server, {"act": "compare"})
    assert Job.objects.filter(kind="devices.compare").exists()


def test_refused_ones_are_in_the_work_queue_and_tried_again(staff: Client, cast: Cast) -> None:
    profile = ModelProfileFactory.create()
    device = DeviceFactory.create(model=profile.model)
    row = ProvisionFactory.create(
        device=device, server=profile.server, state="refused", reason="limit", fault="tenant is full"
    )
    DriftFactory.create(server=profile.server)
    titles = [str(item.title) for item in work_queue(cast.staff)]
    assert len([title for title in titles if "ネットワークサーバー" in title]) == 2
    page = staff.get(reverse("admin:devices_provision_change", args=[row.pk])).content.decode()
    assert "tenant is full" in page
    assert str(staff_words(row)) in page
    assert staff.get(PROVISIONS).status_code == 200
    staff.post(reverse("admin:devices_provision_again_all"))
    row.refresh_from_db()
    assert (row.state, row.revision) == ("waiting", 2)
    staff.post(reverse("admin:devices_provision_again", args=[row.pk]))
    row.refresh_from_db()
    assert row.revision == 3
    assert Job.objects.count() == 2


def test_the_company_reads_plain_words(cast: Cast) -> None:
    now = clock.now()
    device = DeviceFactory.create()
    by_hand = provision_note(device, now)
    assert by_hand is not None
    assert by_hand.by_hand
    row = ProvisionFactory.create(device=device, state=ProvisionState.REFUSED, reason="limit", fault="full")
    assert provision_note(device, now) is None  # its state says it, in our own words
    assert seen_by_company(row) == ("waiting", "")  # only staff can mend it
    words = set()
    for row.reason in ("exists", "keys", "invalid"):
        state, text = seen_by_company(row)
        assert state == "refused"
        assert "full" not in text
        words.add(text)
    assert len(words) == 3
    assert seen_by_company(None) == ("", "")
    notes = []
    Provision.objects.filter(pk=row.pk).update(state="done", wanted=Wanted.DISABLED)
    notes.append(provision_note(device, now))
    Trial.objects.update(ends_on=clock.local_date(now) - timedelta(days=1), starts_on=date(2020, 1, 1))
    device.trial.refresh_from_db()
    notes.append(provision_note(device, now))
    Provision.objects.update(wanted=Wanted.ABSENT)
    notes.append(provision_note(device, now))
    titles = [note.title for note in notes if note is not None]
    assert len(set(titles)) == 3
    device.state = DeviceState.RETIRED
    assert provision_note(device, now) is None
