from datetime import datetime
from typing import Any

from django.db import migrations, models


def remember(apps: Any, schema_editor: Any) -> None:
    """What the record tells of moves so far: the trials a device was in, from when until when."""
    Device, Trial = apps.get_model("devices", "Device"), apps.get_model("trials", "Trial")
    moves = apps.get_model("audit", "AuditEntry").objects.filter(action="device.move").order_by("at")
    trials = dict(Trial.objects.values_list("code", "pk"))
    found: dict[str, tuple[datetime | None, list[Any]]] = {}
    for pk, at, data in moves.values_list("object_id", "at", "data"):
        since, earlier = found.get(pk, (None, []))
        left = trials.get(data.get("from"))
        stay = [str(left), since.isoformat() if since else None, at.isoformat()]
        found[pk] = (at, [*earlier, stay] if left else earlier)
    moved = [pk for pk, (_at, earlier) in found.items() if earlier]
    for device in Device.objects.filter(pk__in=moved):
        device.joined_trial_at, device.earlier_trials = found[str(device.pk)]
        device.save(update_fields=["joined_trial_at", "earlier_trials"])


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("devices", "0010_let_companies_own_models"),
        ("trials", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="device",
            name="joined_trial_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="in this trial since"
            ),
        ),
        migrations.AddField(
            model_name="device",
            name="earlier_trials",
            field=models.JSONField(blank=True, default=list, editable=False),
        ),
        migrations.RunPython(remember, migrations.RunPython.noop, elidable=True),
    ]
