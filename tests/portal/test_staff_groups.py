"""The groups of staff: who reads, who takes in, who decides and tells."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.calls.models import Application
from tests.factories.calls import SubmittedFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def signed_in(group: str) -> Client:
    call_command("staff_groups", verbosity=0)
    person = UserFactory.create(is_staff=True)
    person.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize(
    ("group", "note", "keys"), [("閲覧", 404, 403), ("受付担当", 302, 403), ("決裁", 302, 403)]
)
def test_what_each_group_may_do(group: str, note: int, keys: int) -> None:
    client = signed_in(group)
    application = SubmittedFactory.create()
    page = client.get(reverse("admin:calls_application_change", args=[application.pk]))
    assert page.status_code == 200
    assert ("メモを保存する" in page.content.decode()) == (note == 302)
    assert client.get(reverse("admin:calls_application_changelist")).status_code == 200
    url = reverse("admin:calls_application_note", args=[application.pk])
    assert client.post(url, {"text": "メモ"}).status_code == note
    back = reverse("admin:calls_application_return", args=[application.pk])
    assert client.get(back).status_code == (200 if note == 302 else 404)
    assert client.get(reverse("admin:apikeys_apikey_changelist")).status_code == keys
    assert (
        client.post(
            reverse("admin:calls_application_read", args=[application.pk]), {"revision": 1}
        ).status_code
        == 302
    )
    assert Application.objects.get().read_marks.count() == 1


def test_making_them_again_keeps_people_and_mends_permissions() -> None:
    call_command("staff_groups", verbosity=0)
    group = Group.objects.get(name="閲覧")
    person = UserFactory.create(is_staff=True)
    person.groups.add(group)
    count = group.permissions.count()
    group.permissions.clear()
    call_command("staff_groups", verbosity=0)
    assert (group.permissions.count(), group.user_set.count()) == (count, 1)
    assert not group.permissions.exclude(codename__startswith="view_").exists()
    intake = Group.objects.get(name="受付担当").permissions
    assert not intake.filter(codename="change_message").exists()
    assert Group.objects.get(name="決裁").permissions.filter(codename="change_message").exists()
