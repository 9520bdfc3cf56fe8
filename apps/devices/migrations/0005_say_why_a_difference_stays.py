import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0004_batches_labels_replacements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="provision",
            name="reason",
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddField(
            model_name="drift",
            name="ignored_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="let stand since"),
        ),
        migrations.AddField(
            model_name="drift",
            name="ignored_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="drift",
            name="ignore_reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="why it may stand"),
        ),
    ]
