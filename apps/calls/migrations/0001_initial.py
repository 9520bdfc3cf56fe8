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
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ApplicationNumber',
            fields=[
                ('fiscal_year', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('code', models.CharField(help_text='Stands in the address, for example 2026 or 2026-2.', max_length=20, unique=True, validators=[django.core.validators.RegexValidator('^[0-9a-z-]+$')], verbose_name='code')),
                ('fiscal_year', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(2000)], verbose_name='fiscal year')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('title_en', models.CharField(blank=True, max_length=160, verbose_name='title (English)')),
                ('summary', models.TextField(max_length=600, verbose_name='summary')),
                ('summary_en', models.TextField(blank=True, max_length=900, verbose_name='summary (English)')),
                ('lent', models.TextField(blank=True, max_length=1000, verbose_name='what is lent')),
                ('lent_en', models.TextField(blank=True, max_length=1500, verbose_name='what is lent (English)')),
                ('conditions', models.TextField(blank=True, max_length=1000, verbose_name='what the city asks')),
                ('conditions_en', models.TextField(blank=True, max_length=1500, verbose_name='what the city asks (English)')),
                ('eligible', models.TextField(blank=True, max_length=600, verbose_name='who may apply')),
                ('eligible_en', models.TextField(blank=True, max_length=900, verbose_name='who may apply (English)')),
                ('opens_at', models.DateTimeField(verbose_name='opens')),
                ('closes_at', models.DateTimeField(verbose_name='closes')),
                ('decision_on', models.DateField(verbose_name='decision')),
                ('trial_from', models.DateField(verbose_name='trial from')),
                ('trial_until', models.DateField(verbose_name='trial until')),
                ('device_quota', models.PositiveIntegerField(default=50, verbose_name='devices for one trial')),
                ('message_quota', models.PositiveIntegerField(default=5000, verbose_name='messages a day for one trial')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('published', 'published'), ('closed', 'withdrawn from the site')], default='draft', max_length=10, verbose_name='state')),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='published')),
                ('results_published_at', models.DateTimeField(blank=True, null=True, verbose_name='results published')),
            ],
            options={
                'verbose_name': 'call',
                'verbose_name_plural': 'calls',
                'ordering': ['-fiscal_year', '-opens_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opens_at'))), name='calls_call_closes_after_opening', violation_error_message='The call must close after it opens.'), models.CheckConstraint(condition=models.Q(('trial_until__gte', models.F('trial_from'))), name='calls_call_trial_period', violation_error_message='The trial must end after it begins.')],
            },
        ),
        migrations.CreateModel(
            name='Application',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('code', models.CharField(max_length=12, unique=True, verbose_name='number')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('submitted', 'submitted'), ('adopted', 'adopted'), ('declined', 'not adopted'), ('accepted', 'accepted by the company'), ('turned_down', 'turned down by the company'), ('withdrawn', 'withdrawn')], default='draft', max_length=12, verbose_name='state')),
                ('org_kind', models.CharField(blank=True, choices=[('corporation', 'corporation'), ('sole', 'sole proprietor'), ('research', 'university or research institute'), ('association', 'association'), ('city', 'city')], max_length=12, verbose_name='kind of organization')),
                ('org_name', models.TextField(blank=True, verbose_name='name of the organization')),
                ('org_kana', models.TextField(blank=True, verbose_name='name in kana')),
                ('corporate_number', models.TextField(blank=True, verbose_name='corporate number')),
                ('contact_name', models.TextField(blank=True, verbose_name='contact person')),
                ('contact_email', models.TextField(blank=True, verbose_name='contact e-mail')),
                ('contact_phone', models.TextField(blank=True, verbose_name='phone')),
                ('title', models.TextField(blank=True, verbose_name='title')),
                ('need', models.TextField(blank=True, verbose_name='the need it starts from')),
                ('plan', models.TextField(blank=True, verbose_name='what will be tried')),
                ('device_count', models.PositiveIntegerField(blank=True, null=True, verbose_name='devices')),
                ('place_name', models.TextField(blank=True, verbose_name='place')),
                ('place', django.contrib.gis.db.models.fields.PointField(blank=True, geography=True, null=True, srid=4326, verbose_name='place on the map')),
                ('place_undecided', models.BooleanField(default=False, verbose_name='place not decided')),
                ('submitted_at', models.DateTimeField(blank=True, null=True, verbose_name='submitted')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('decision_reason', models.TextField(blank=True, verbose_name='reason told to the applicant')),
                ('granted_devices', models.PositiveIntegerField(blank=True, null=True, verbose_name='devices granted')),
                ('granted_messages', models.PositiveIntegerField(blank=True, null=True, verbose_name='messages a day granted')),
                ('decision_published_at', models.DateTimeField(blank=True, null=True, verbose_name='decision told')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered by the company')),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to=settings.AUTH_USER_MODEL, verbose_name='begun by')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('organization', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='organizations.organization', verbose_name='organization')),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='calls.call', verbose_name='call')),
            ],
            options={
                'verbose_name': 'application',
                'verbose_name_plural': 'applications',
                'ordering': ['-created_at'],
                'indexes': [models.Index(fields=['call', 'state'], name='calls_application_call')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state', 'draft'), ('submitted_at__isnull', False), ('state', 'withdrawn'), _connector='OR'), name='calls_application_submitted_at')],
            },
        ),
    ]
