import django.db.models.deletion
import uuid
from django.db import migrations, models


# Partitioned by month of the event's time; partitions are made ahead by telemetry_partitions.
CREATE_UPLINK = """
CREATE TABLE telemetry_uplink (
    organization_id uuid NOT NULL,
    deduplication_id uuid NOT NULL,
    time timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    trial_id uuid NOT NULL,
    device_id uuid NOT NULL,
    dev_addr varchar(8) NOT NULL,
    f_cnt bigint NOT NULL,
    f_port smallint NOT NULL,
    dr smallint NOT NULL,
    frequency bigint,
    rssi smallint,
    snr double precision,
    gateway_count smallint NOT NULL,
    data bytea NOT NULL,
    decode_state varchar(12) NOT NULL,
    values jsonb,
    warnings jsonb,
    codec_id uuid,
    rx jsonb,
    PRIMARY KEY (organization_id, deduplication_id, time)
) PARTITION BY RANGE (time);
CREATE INDEX telemetry_uplink_device ON telemetry_uplink (device_id, time DESC);
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('devices', '0001_initial'),
        ('trials', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DeviceLatest',
            fields=[
                ('device', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='latest', serialize=False, to='devices.device')),
                ('time', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('deduplication_id', models.UUIDField()),
                ('f_cnt', models.BigIntegerField()),
                ('rssi', models.SmallIntegerField(null=True)),
                ('snr', models.FloatField(null=True)),
                ('dr', models.PositiveSmallIntegerField()),
                ('decode_state', models.CharField(choices=[('decoded', 'decoded'), ('no_codec', 'no codec'), ('failed', 'codec failed'), ('over_quota', "over today's quota")], max_length=12)),
                ('values', models.JSONField(null=True)),
            ],
            options={
                'verbose_name': 'latest state',
                'verbose_name_plural': 'latest states',
            },
        ),
        migrations.CreateModel(
            name='DeadLetter',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('state', models.CharField(choices=[('kept', 'kept'), ('replayed', 'replayed'), ('discarded', 'discarded')], default='kept', max_length=10, verbose_name='state')),
                ('reason', models.CharField(choices=[('malformed', 'not a valid event'), ('unknown_device', 'unknown device'), ('time_range', 'time out of range'), ('failed', 'could not be stored')], max_length=20, verbose_name='reason')),
                ('detail', models.CharField(blank=True, max_length=300, verbose_name='detail')),
                ('topic', models.CharField(max_length=300, verbose_name='topic')),
                ('payload', models.BinaryField()),
                ('payload_hash', models.CharField(max_length=64)),
                ('dev_eui', models.CharField(blank=True, max_length=16, verbose_name='DevEUI')),
                ('times', models.PositiveIntegerField(default=1, verbose_name='times received')),
                ('received_at', models.DateTimeField(verbose_name='received')),
            ],
            options={
                'verbose_name': 'dead letter',
                'verbose_name_plural': 'dead letters',
                'ordering': ['-received_at'],
                'indexes': [models.Index(fields=['state', '-received_at'], name='telemetry_deadletter_state')],
                'constraints': [models.UniqueConstraint(fields=('payload_hash',), name='telemetry_deadletter_once')],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(sql=CREATE_UPLINK, reverse_sql="DROP TABLE telemetry_uplink")],
            state_operations=[
                migrations.CreateModel(
                    name='Uplink',
                    fields=[
                        ('pk', models.CompositePrimaryKey('organization_id', 'deduplication_id', 'time', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('organization_id', models.UUIDField()),
                        ('deduplication_id', models.UUIDField()),
                        ('time', models.DateTimeField(verbose_name='time')),
                        ('received_at', models.DateTimeField(verbose_name='received')),
                        ('trial_id', models.UUIDField()),
                        ('device_id', models.UUIDField()),
                        ('dev_addr', models.CharField(blank=True, max_length=8)),
                        ('f_cnt', models.BigIntegerField()),
                        ('f_port', models.PositiveSmallIntegerField()),
                        ('dr', models.PositiveSmallIntegerField()),
                        ('frequency', models.BigIntegerField(null=True)),
                        ('rssi', models.SmallIntegerField(null=True)),
                        ('snr', models.FloatField(null=True)),
                        ('gateway_count', models.PositiveSmallIntegerField(default=0)),
                        ('data', models.BinaryField()),
                        ('decode_state', models.CharField(choices=[('decoded', 'decoded'), ('no_codec', 'no codec'), ('failed', 'codec failed'), ('over_quota', "over today's quota")], max_length=12)),
                        ('values', models.JSONField(null=True)),
                        ('warnings', models.JSONField(null=True)),
                        ('codec_id', models.UUIDField(null=True)),
                        ('rx', models.JSONField(null=True)),
                    ],
                    options={
                        'verbose_name': 'uplink',
                        'verbose_name_plural': 'uplinks',
                        'ordering': ['-time'],
                        'indexes': [models.Index(fields=['device_id', '-time'], name='telemetry_uplink_device')],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name='TrialDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('uplinks', models.PositiveIntegerField(default=0)),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days', to='trials.trial')),
            ],
            options={
                'verbose_name': 'daily count',
                'verbose_name_plural': 'daily counts',
                'constraints': [models.UniqueConstraint(fields=('trial', 'day'), name='telemetry_trialday_once')],
            },
        ),
    ]
