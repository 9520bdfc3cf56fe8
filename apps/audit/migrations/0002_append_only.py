"""PostgreSQL refuses to change or delete a record, from any path."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'insufficient_privilege';
            END $$;
            CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_auditentry
                FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
            """,
            reverse_sql="""
            DROP TRIGGER audit_append_only ON audit_auditentry;
            DROP FUNCTION audit_refuse_change();
            """,
        )
    ]
