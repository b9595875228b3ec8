"""What do the workers do for lists? Large files, and forgetting them after a week."""

import datetime as dt
import os
from pathlib import Path
from types import SimpleNamespace

from django.utils import timezone, translation
from django_tasks import task

from keyaccount.language import message
from keyaccount_web.lists.exports import KEPT_DAYS, csv_lines, export_path, makers, rows_of, write_xlsx
from keyaccount_web.lists.kit import listings
from keyaccount_web.lists.models import Export
from keyaccount_web.lists.state import State
from keyaccount_web.operate.lost import when_given_up


@task()
def write_export(export_id: int) -> None:
    """Write the file of an export, as its user sees the list."""
    export = Export.objects.select_related("user").get(pk=export_id)
    Export.objects.filter(pk=export_id).update(state=Export.State.RUNNING)
    path = export_path(export)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    try:
        with translation.override("zh-hans" if export.lang == "zh" else "en"):
            if export.listing in makers:
                n = makers[export.listing].make(export, draft)
            else:
                n = _write_rows(export, draft)
        os.replace(draft, path)
    except Exception:
        draft.unlink(missing_ok=True)
        Export.objects.filter(pk=export_id).update(state=Export.State.FAILED)
        raise
    Export.objects.filter(pk=export_id).update(state=Export.State.DONE, rows=n)


when_given_up(
    write_export,
    lambda _error, export_id: Export.objects.filter(pk=export_id).update(state=Export.State.FAILED),
)


def _write_rows(export: Export, draft: Path) -> int:
    """The rows of a listing. Gives how many."""
    request = SimpleNamespace(user=export.user, GET={})
    state = State(listings[export.listing], export.asked)
    columns = state.written_columns(request)  # type: ignore[arg-type]
    rows = rows_of(state, request, export.ids)
    if export.format == "csv":
        n = -1
        with draft.open("w", encoding="utf-8", newline="") as file:
            for n, line in enumerate(csv_lines(columns, rows)):  # noqa: B007
                file.write(line)
    else:
        with draft.open("wb") as target:
            n = write_xlsx(target, message(state.listing.title, export.lang), columns, rows)
    return n


@task()
def forget_exports() -> None:
    """Remove files of more than a week ago."""
    old = Export.objects.filter(created_at__lt=timezone.now() - dt.timedelta(days=KEPT_DAYS))
    for export in old:
        export_path(export).unlink(missing_ok=True)
    old.delete()
