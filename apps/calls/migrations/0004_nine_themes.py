"""The nine themes of the smart-city vision that calls start with; staff may change them."""

from __future__ import annotations

from typing import Any

from django.db import migrations

THEMES = [
    ("living", "便利な暮らし", "A convenient life"),
    ("safety", "安心・安全で健康", "Safe, secure and healthy"),
    ("pride", "誇れるもの", "Things to be proud of"),
    ("delight", "心が豊かでワクワク", "A rich and exciting life"),
    ("children", "子どもの笑顔", "Children’s smiles"),
    ("youth", "若い世代の活気", "Lively young people"),
    ("ties", "人と人のつながり", "Ties between people"),
    ("district", "地域の魅力・支えあい", "Charm and mutual help of districts"),
    ("cocreation", "産学官民の共創", "Co-creation of industry, universities, city and citizens"),
]


def add(apps: Any, schema_editor: Any) -> None:
    theme = apps.get_model("calls", "Theme")
    for order, (code, name, english) in enumerate(THEMES, start=1):
        theme.objects.get_or_create(code=code, defaults={"name": name, "name_en": english, "order": order})


class Migration(migrations.Migration):
    dependencies = [("calls", "0003_whole_call_and_application")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
