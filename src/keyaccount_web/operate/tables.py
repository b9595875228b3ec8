"""An empty database gets the tables of this version from the models: a second, where a hundred migrations take fifteen.

A test holds that migrations lead to the same tables. No migration may therefore bring rows of its own.
"""

from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model


def is_whole(wanted: list[tuple[str, str]]) -> bool:
    """Are these the migrations of this version, none less and none more?"""
    return set(wanted) == set(MigrationLoader(None).graph.nodes)


def make_newest_tables(con: BaseDatabaseWrapper) -> None:
    """In an empty database: every table, and the note that all migrations are done; all or nothing."""
    emit_pre_migrate_signal(0, interactive=False, db=con.alias)
    recorder = MigrationRecorder(con)
    done = MigrationLoader(con).graph.nodes
    models: list[type[Model]] = [*apps.get_models(), recorder.Migration]
    with con.schema_editor() as editor:
        for model in models:
            options = model._meta
            if (
                options.managed
                and not options.proxy
                and not options.swapped
                and router.allow_migrate_model(con.alias, model)
            ):
                editor.create_model(model)
        recorder.migration_qs.bulk_create(
            recorder.Migration(app=app, name=name) for app, name in sorted(done)
        )
    emit_post_migrate_signal(0, interactive=False, db=con.alias)
