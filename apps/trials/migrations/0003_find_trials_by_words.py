import re
import unicodedata

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

FIELDS = ("code", "title", "title_en", "summary", "summary_en", "need", "measure", "learning")


def words_of(trial):
    texts = [getattr(trial, name) for name in FIELDS]
    texts += [site.name for site in trial.sites.exclude(precision="hidden")]
    texts += [row.organization.name for row in trial.participants.select_related("organization")]
    folded = [unicodedata.normalize("NFKC", text).casefold()[:20_000] for text in texts]
    return [word for text in folded for word in re.split(r"[\s\u3000]+", text) if word]


def fill(apps, schema_editor):
    trial_search = apps.get_model("trials", "TrialSearch")
    for trial in apps.get_model("trials", "Trial").objects.iterator():
        words = words_of(trial)
        terms = {part for word in words for part in (*word, *map("".join, zip(word, word[1:])))}
        trial_search.objects.create(trial=trial, text=" ".join(words), terms=sorted(terms))


class Migration(migrations.Migration):
    dependencies = [
        ("trials", "0002_kinds_changes_and_council"),
    ]

    operations = [
        migrations.CreateModel(
            name="TrialSearch",
            fields=[
                (
                    "trial",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="trials.trial",
                    ),
                ),
                ("text", models.TextField(blank=True, editable=False)),
                (
                    "terms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=8),
                        blank=True,
                        default=list,
                        editable=False,
                        size=None,
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["terms"], name="trials_search_terms")
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
