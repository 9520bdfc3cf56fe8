"""PostgreSQL counts devices against their trial's quota, whoever writes them.

Every insert, move, retirement, return and deletion changes ``trials_trialquota.used`` in the same
transaction; the table's own CHECK (used <= granted) then refuses what is over, raw SQL included.
A trial without a device quota has none to give.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("devices", "0001_initial"), ("trials", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION devices_count_quota() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                was uuid;
                becomes uuid;
            BEGIN
                IF TG_OP <> 'INSERT' AND OLD.state <> 'retired' THEN was := OLD.trial_id; END IF;
                IF TG_OP <> 'DELETE' AND NEW.state <> 'retired' THEN becomes := NEW.trial_id; END IF;
                IF was IS NOT DISTINCT FROM becomes THEN RETURN NULL; END IF;
                IF was IS NOT NULL THEN
                    UPDATE trials_trialquota SET used = used - 1 WHERE trial_id = was AND kind = 'devices';
                END IF;
                IF becomes IS NOT NULL THEN
                    UPDATE trials_trialquota SET used = used + 1 WHERE trial_id = becomes AND kind = 'devices';
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'trial % has no device quota', becomes
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'trials_quota_not_over';
                    END IF;
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER devices_count_quota
                AFTER INSERT OR DELETE OR UPDATE OF state, trial_id ON devices_device
                FOR EACH ROW EXECUTE FUNCTION devices_count_quota();
            """,
            reverse_sql="""
            DROP TRIGGER devices_count_quota ON devices_device;
            DROP FUNCTION devices_count_quota();
            """,
        )
    ]
