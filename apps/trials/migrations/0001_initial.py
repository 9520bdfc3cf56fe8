import django.contrib.gis.db.models.fields
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_initial'),
        ('calls', '0001_initial'),
        ('organizations', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('code', models.CharField(max_length=12, unique=True, verbose_name='number')),
                ('fiscal_year', models.PositiveSmallIntegerField(verbose_name='fiscal year')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('title_en', models.CharField(blank=True, max_length=250, verbose_name='title (English)')),
                ('summary', models.TextField(blank=True, verbose_name='what is tried')),
                ('summary_en', models.TextField(blank=True, verbose_name='what is tried (English)')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(verbose_name='until')),
                ('state', models.CharField(choices=[('active', 'active'), ('stopped', 'stopped early')], default='active', max_length=10, verbose_name='state')),
                ('is_public', models.BooleanField(default=True, verbose_name='shown to the public')),
                ('application', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='trial', to='calls.application', verbose_name='application')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='organizations.organization', verbose_name='lead organization')),
            ],
            options={
                'verbose_name': 'trial',
                'verbose_name_plural': 'trials',
                'ordering': ['-code'],
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('name', models.CharField(blank=True, max_length=200, verbose_name='place')),
                ('point', django.contrib.gis.db.models.fields.PointField(blank=True, geography=True, null=True, srid=4326, verbose_name='point')),
                ('precision', models.CharField(choices=[('point', 'the point'), ('district', 'about 1 km'), ('hidden', 'not shown')], default='district', max_length=10, verbose_name='shown as')),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sites', to='trials.trial')),
            ],
            options={
                'verbose_name': 'place',
                'verbose_name_plural': 'places',
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='Participant',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('role', models.CharField(choices=[('lead', 'lead'), ('partner', 'partner')], max_length=10, verbose_name='part')),
                ('access', models.CharField(choices=[('manage', 'manage'), ('read', 'read')], default='manage', max_length=10, verbose_name='access')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='participations', to='organizations.organization')),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='participants', to='trials.trial')),
            ],
            options={
                'verbose_name': 'participant',
                'verbose_name_plural': 'participants',
                'ordering': ['role', 'created_at'],
            },
        ),
        migrations.CreateModel(
            name='TrialQuota',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('kind', models.CharField(choices=[('devices', 'devices'), ('messages', 'messages a day')], max_length=10, verbose_name='kind')),
                ('granted', models.PositiveIntegerField(verbose_name='granted')),
                ('used', models.PositiveIntegerField(default=0, verbose_name='used')),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quotas', to='trials.trial')),
            ],
            options={
                'verbose_name': 'quota',
                'verbose_name_plural': 'quotas',
                'ordering': ['kind'],
            },
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='trials_trial_period', violation_error_message='The trial must end after it begins.'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.UniqueConstraint(fields=('trial', 'organization'), name='trials_participant_once'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.UniqueConstraint(condition=models.Q(('role', 'lead')), fields=('trial',), name='trials_participant_one_lead'),
        ),
        migrations.AddConstraint(
            model_name='trialquota',
            constraint=models.UniqueConstraint(fields=('trial', 'kind'), name='trials_quota_once'),
        ),
        migrations.AddConstraint(
            model_name='trialquota',
            constraint=models.CheckConstraint(condition=models.Q(('used__lte', models.F('granted'))), name='trials_quota_not_over', violation_error_message='More is in use than would be granted.'),
        ),
    ]
