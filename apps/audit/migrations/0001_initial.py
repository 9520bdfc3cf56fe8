import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='time')),
                ('actor_label', models.CharField(blank=True, max_length=254, verbose_name='by (as written then)')),
                ('action', models.CharField(max_length=60, verbose_name='act')),
                ('object_type', models.CharField(blank=True, max_length=60, verbose_name='kind of object')),
                ('object_id', models.CharField(blank=True, max_length=60, verbose_name='object')),
                ('object_label', models.CharField(blank=True, max_length=200, verbose_name='object (as written then)')),
                ('organization_id', models.UUIDField(null=True, verbose_name='organization')),
                ('request_id', models.CharField(blank=True, max_length=64, verbose_name='request')),
                ('data', models.JSONField(default=dict, verbose_name='details')),
                ('actor', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'verbose_name': 'record',
                'verbose_name_plural': 'records',
                'ordering': ['-at'],
                'indexes': [models.Index(fields=['object_type', 'object_id'], name='audit_object'), models.Index(fields=['organization_id', '-at'], name='audit_organization'), models.Index(fields=['-at'], name='audit_at')],
            },
        ),
    ]
