"""A device that is put into another trial by whatever path keeps the stay that it leaves.

Who takes part in the new trial sees what came while the device was in it (``Device.sight``); a move written
in SQL, past ``device_move``, would else show them everything from before.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("devices", "0013_remember_when_a_device_retired")]

    operations = [
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION devices_keep_stay() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                moment timestamptz := statement_timestamp();
                iso text := 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"';
            BEGIN
                NEW.earlier_trials := OLD.earlier_trials || jsonb_build_array(jsonb_build_array(
                    OLD.trial_id,
                    to_char(OLD.joined_trial_at AT TIME ZONE 'UTC', iso),
                    to_char(moment AT TIME ZONE 'UTC', iso)
                ));
                NEW.joined_trial_at := moment;
                RETURN NEW;
            END $$;
            CREATE TRIGGER devices_keep_stay
                BEFORE UPDATE OF trial_id ON devices_device FOR EACH ROW
                WHEN (
                    OLD.trial_id IS DISTINCT FROM NEW.trial_id
                    AND OLD.earlier_trials IS NOT DISTINCT FROM NEW.earlier_trials
                )
                EXECUTE FUNCTION devices_keep_stay();
            """,
            reverse_sql="""
            DROP TRIGGER devices_keep_stay ON devices_device;
            DROP FUNCTION devices_keep_stay();
            """,
        )
    ]
