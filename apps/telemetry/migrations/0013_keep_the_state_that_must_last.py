from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telemetry', '0012_keep_months_as_text'),
    ]

    operations = [
        migrations.AddField(
            model_name='alertstanding',
            name='state',
            field=models.CharField(blank=True, max_length=30),
        ),
    ]
