"""The statistics by gateway ID and by how exactly a place may be shown; nothing had been counted yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("network", "0001_servers_gateways_coverage")]

    operations = [
        migrations.DeleteModel(name="GatewayDay"),
        migrations.DeleteModel(name="CoverageCell"),
        migrations.AddField(
            model_name="gateway",
            name="is_public",
            field=models.BooleanField(
                default=False,
                help_text="Otherwise the public map shows it without a name, to about 1 km.",
                verbose_name="show name and place to everyone",
            ),
        ),
        migrations.CreateModel(
            name="GatewayDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gateway_id", models.CharField(max_length=16, verbose_name="gateway ID")),
                ("day", models.DateField(verbose_name="day")),
                ("uplinks", models.PositiveIntegerField(default=0, verbose_name="uplinks")),
                ("hours", models.PositiveIntegerField(default=0)),
                ("last_at", models.DateTimeField(verbose_name="last heard")),
            ],
            options={
                "verbose_name": "day of a gateway",
                "verbose_name_plural": "days of gateways",
                "indexes": [models.Index(fields=["day"], name="network_gatewayday_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("gateway_id", "day"), name="network_gatewayday_once_by_id"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CoverageCell",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mesh", models.CharField(max_length=10, verbose_name="grid square")),
                (
                    "shown",
                    models.CharField(
                        choices=[
                            ("square", "250 m square"),
                            ("district", "1 km square"),
                            ("staff", "staff only"),
                        ],
                        max_length=10,
                        verbose_name="shown as",
                    ),
                ),
                ("observations", models.PositiveBigIntegerField(default=0, verbose_name="uplinks heard")),
                ("best_rssi", models.SmallIntegerField(null=True, verbose_name="best RSSI (dBm)")),
                ("best_snr", models.FloatField(null=True, verbose_name="best SNR (dB)")),
                ("gateways", models.PositiveSmallIntegerField(default=0, verbose_name="gateways at once")),
                ("first_at", models.DateTimeField(verbose_name="first")),
                ("last_at", models.DateTimeField(verbose_name="last")),
            ],
            options={
                "verbose_name": "coverage of a square",
                "verbose_name_plural": "coverage of squares",
                "ordering": ["mesh"],
                "constraints": [
                    models.UniqueConstraint(fields=("mesh", "shown"), name="network_cell_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="HeardBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gateways", models.JSONField()),
                ("cells", models.JSONField()),
            ],
            options={
                "verbose_name": "part of the statistics",
                "verbose_name_plural": "parts of the statistics",
            },
        ),
    ]
