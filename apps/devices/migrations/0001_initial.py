import django.contrib.gis.db.models.fields
import django.core.validators
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_initial'),
        ('organizations', '0001_initial'),
        ('trials', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DeviceModel',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('maker', models.CharField(max_length=100, verbose_name='maker')),
                ('name', models.CharField(max_length=100, verbose_name='model')),
                ('fields', models.JSONField(blank=True, default=dict, verbose_name='fields')),
                ('uplink_interval', models.PositiveIntegerField(default=600, verbose_name='uplink interval (s)')),
            ],
            options={
                'verbose_name': 'device model',
                'verbose_name_plural': 'device models',
                'ordering': ['maker', 'name'],
                'constraints': [models.UniqueConstraint(fields=('maker', 'name'), name='devices_model_once')],
            },
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('dev_eui', models.CharField(max_length=16, validators=[django.core.validators.RegexValidator('^[0-9a-f]{16}$')], verbose_name='DevEUI')),
                ('join_eui', models.CharField(max_length=16, validators=[django.core.validators.RegexValidator('^[0-9a-f]{16}$')], verbose_name='JoinEUI')),
                ('app_key_encrypted', models.BinaryField()),
                ('place_name', models.CharField(blank=True, max_length=200, verbose_name='place')),
                ('place', django.contrib.gis.db.models.fields.PointField(blank=True, geography=True, null=True, srid=4326, verbose_name='place on the map')),
                ('state', models.CharField(choices=[('active', 'active'), ('paused', 'paused'), ('retired', 'retired')], default='active', max_length=10, verbose_name='state')),
                ('uplink_interval', models.PositiveIntegerField(default=600, verbose_name='uplink interval (s)')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='organizations.organization')),
                ('registered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='trials.trial', verbose_name='trial')),
                ('model', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='devices.devicemodel', verbose_name='model')),
            ],
            options={
                'verbose_name': 'device',
                'verbose_name_plural': 'devices',
                'ordering': ['name', 'dev_eui'],
                'indexes': [models.Index(fields=['dev_eui'], name='devices_device_eui')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'retired'), _negated=True), fields=('dev_eui',), name='devices_device_eui_once', violation_error_message='This DevEUI is registered already.')],
            },
        ),
        migrations.CreateModel(
            name='CodecVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('script', models.TextField(max_length=40960, verbose_name='JavaScript')),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codecs', to='devices.devicemodel')),
            ],
            options={
                'verbose_name': 'codec',
                'verbose_name_plural': 'codecs',
                'ordering': ['model', '-version'],
                'constraints': [models.UniqueConstraint(fields=('model', 'version'), name='devices_codec_version_once')],
            },
        ),
    ]
