from typing import Any

from django.db import migrations, models


def remember(apps: Any, schema_editor: Any) -> None:
    """When those that are retired became so, as the record tells."""
    Device = apps.get_model("devices", "Device")
    told = apps.get_model("audit", "AuditEntry").objects.filter(action="device.state", data__to="retired")
    moments = {str(pk): at for pk, at in told.order_by("at").values_list("object_id", "at")}
    for device in Device.objects.filter(state="retired", pk__in=list(moments)):
        device.retired_at = moments[str(device.pk)]
        device.save(update_fields=["retired_at"])


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("devices", "0012_let_rows_come_without_earlier_trials"),
    ]

    operations = [
        migrations.AddField(
            model_name="device",
            name="retired_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(remember, migrations.RunPython.noop, elidable=True),
    ]
