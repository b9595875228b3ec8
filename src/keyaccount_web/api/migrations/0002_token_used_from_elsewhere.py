"""A token that is used from another address says so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("api", "0001_tokens_and_webhooks")]

    operations = [
        migrations.AlterField(
            model_name="tokenevent",
            name="kind",
            field=models.CharField(
                choices=[("made", "Made"), ("revoked", "Revoked"), ("tried", "Tried"), ("moved", "Moved")],
                max_length=10,
            ),
        )
    ]
