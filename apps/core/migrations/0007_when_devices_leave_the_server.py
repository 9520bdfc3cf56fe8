import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0006_keep_readings_for_a_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="sitesettings",
            name="devices_delete_after_days",
            field=models.PositiveSmallIntegerField(
                default=30,
                help_text="At the end they are switched off there at once. Their data here stays.",
                validators=[django.core.validators.MaxValueValidator(3650)],
                verbose_name="days after a trial until its devices leave the network server",
            ),
        ),
    ]
