"""A device that is retired or brought back by whatever path knows since when its DevEUI is free.

What it sent before then is its own, however late it comes; a state written in SQL, past
``device_set_state``, would else leave that a dead letter.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("devices", "0015_label_what_staff_see")]

    operations = [
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION devices_keep_retired() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.state = 'retired' THEN
                    NEW.retired_at := coalesce(NEW.retired_at, statement_timestamp());
                ELSE
                    NEW.retired_at := NULL;
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER devices_keep_retired
                BEFORE UPDATE OF state ON devices_device FOR EACH ROW
                WHEN (OLD.state IS DISTINCT FROM NEW.state)
                EXECUTE FUNCTION devices_keep_retired();
            """,
            reverse_sql="""
            DROP TRIGGER devices_keep_retired ON devices_device;
            DROP FUNCTION devices_keep_retired();
            """,
        )
    ]
