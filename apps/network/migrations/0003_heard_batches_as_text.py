"""What batches heard is appended as text; nothing had been appended yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("network", "0002_statistics_by_deltas")]

    operations = [
        migrations.DeleteModel(name="HeardBatch"),
        migrations.CreateModel(
            name="HeardBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gateways", models.TextField()),
                ("cells", models.TextField()),
            ],
            options={
                "verbose_name": "part of the statistics",
                "verbose_name_plural": "parts of the statistics",
            },
        ),
    ]
