import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('trials', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('submitted', 'handed in'), ('returned', 'sent back'), ('published', 'published')], default='draft', max_length=10, verbose_name='state')),
                ('outcome', models.CharField(blank=True, choices=[('worked', 'worked'), ('partly', 'partly worked'), ('did_not', 'did not work'), ('stopped', 'stopped half-way')], max_length=10, verbose_name='outcome')),
                ('summary', models.TextField(blank=True, verbose_name='in two sentences')),
                ('hypothesis', models.TextField(blank=True, verbose_name='what was to be found out')),
                ('measured', models.TextField(blank=True, verbose_name='what was measured')),
                ('did_not_work', models.TextField(blank=True, verbose_name='what did not work')),
                ('learned', models.TextField(blank=True, verbose_name='what was learned')),
                ('next_step', models.TextField(blank=True, verbose_name='to whoever tries next')),
                ('submitted_at', models.DateTimeField(blank=True, null=True, verbose_name='handed in')),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='published')),
                ('return_reason', models.TextField(blank=True, verbose_name='why it was sent back')),
                ('version', models.PositiveIntegerField(default=1)),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approved by')),
                ('trial', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='report', to='trials.trial', verbose_name='trial')),
            ],
            options={
                'verbose_name': 'report',
                'verbose_name_plural': 'reports',
                'ordering': ['-created_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), _negated=True), models.Q(('outcome', ''), _negated=True), _connector='OR'), name='reports_report_outcome')],
            },
        ),
    ]
