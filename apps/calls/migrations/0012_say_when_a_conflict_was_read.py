from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0011_remember_which_page_wrote_a_review")]

    operations = [
        migrations.AddField(
            model_name="reviewconflict",
            name="seen_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="read by staff"),
        )
    ]
