"""Django's `migrate`, but an empty database gets its tables at once."""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

from keyaccount_web.operate.tables import make_newest_tables


class Command(DjangoMigrate):
    def handle(self, *args: Any, **options: Any) -> None:
        con = connections[options["database"]]
        asks_more = any(
            options[name]
            for name in ("app_label", "fake", "fake_initial", "plan", "check_unapplied", "prune")
        )
        if asks_more or con.introspection.table_names():
            super().handle(*args, **options)
        else:
            make_newest_tables(con)
