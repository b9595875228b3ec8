"""The settings of daily work, and their history, come over from where they were."""

from django.db import migrations

HISTORY = ("history_date", "history_change_reason", "history_type", "history_user_id")


def bring(apps, _schema_editor):
    setting = apps.get_model("company_settings", "Setting")
    changes = apps.get_model("company_settings", "HistoricalSetting")
    for old in apps.get_model("work", "Setting").objects.all():
        setting.objects.update_or_create(name=old.name, defaults={"value": str(old.value)})
    ids = dict(setting.objects.values_list("name", "pk"))
    if not changes.objects.exists():
        for old in apps.get_model("work", "HistoricalSetting").objects.order_by("history_id"):
            told = {name: getattr(old, name) for name in HISTORY}
            changes.objects.create(id=ids.get(old.name, old.id), name=old.name, value=str(old.value), **told)


class Migration(migrations.Migration):
    dependencies = [
        ("company_settings", "0001_setting"),
        ("work", "0001_daily_work"),
    ]

    operations = [migrations.RunPython(bring, migrations.RunPython.noop)]
