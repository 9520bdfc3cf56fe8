import django.core.validators
from django.contrib.postgres.operations import CreateExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        CreateExtension("postgis"),
        migrations.CreateModel(
            name='SiteSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site_name', models.CharField(default='まちトライ', max_length=60, verbose_name='site name')),
                ('site_name_en', models.CharField(default='Machitry', max_length=60, verbose_name='site name (English)')),
                ('city_name', models.CharField(default='見本市', max_length=60, verbose_name='city')),
                ('city_name_en', models.CharField(default='Sample City', max_length=60, verbose_name='city (English)')),
                ('network_name', models.CharField(default='見本市センサーネットワーク', max_length=80, verbose_name='network')),
                ('network_name_en', models.CharField(default='Sample City Sensor Network', max_length=80, verbose_name='network (English)')),
                ('department', models.CharField(default='スマートシティ担当', max_length=80, verbose_name='department')),
                ('department_en', models.CharField(default='Smart City Section', max_length=80, verbose_name='department (English)')),
                ('contact_email', models.EmailField(default='contact@example.jp', max_length=254, verbose_name='contact e-mail')),
                ('contact_phone', models.CharField(blank=True, max_length=30, verbose_name='contact phone')),
                ('contact_hours', models.CharField(blank=True, default='平日 8:30–17:15', max_length=60, verbose_name='office hours')),
                ('contact_hours_en', models.CharField(blank=True, default='Weekdays 8:30–17:15', max_length=60, verbose_name='office hours (English)')),
                ('key_colour', models.CharField(blank=True, default='#00414f', help_text='Empty: the colour of the design. White text stands on it.', max_length=7, verbose_name='key colour')),
                ('logo', models.FileField(blank=True, help_text="PNG, WebP or JPEG, square, at least 96 px. Empty: the portal's own mark.", upload_to='site/', validators=[django.core.validators.FileExtensionValidator(['png', 'webp', 'jpg', 'jpeg'])], verbose_name='logo')),
                ('map_latitude', models.FloatField(default=36.7012, validators=[django.core.validators.MinValueValidator(-85), django.core.validators.MaxValueValidator(85)], verbose_name='map centre, latitude')),
                ('map_longitude', models.FloatField(default=137.2137, validators=[django.core.validators.MinValueValidator(-180), django.core.validators.MaxValueValidator(180)], verbose_name='map centre, longitude')),
                ('map_zoom', models.PositiveSmallIntegerField(default=11, validators=[django.core.validators.MinValueValidator(3), django.core.validators.MaxValueValidator(18)], verbose_name='map zoom')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
            ],
            options={
                'verbose_name': 'site settings',
                'verbose_name_plural': 'site settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='core_sitesettings_single')],
            },
        ),
    ]
