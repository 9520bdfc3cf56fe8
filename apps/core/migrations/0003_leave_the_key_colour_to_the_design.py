from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_cache_table'),
    ]

    operations = [
        migrations.AlterField(
            model_name='sitesettings',
            name='key_colour',
            field=models.CharField(blank=True, default='', help_text='Empty: the colour of the design. White text stands on it.', max_length=7, verbose_name='key colour'),
        ),
    ]
