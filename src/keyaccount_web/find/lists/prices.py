"""How far is a change between two lists price, how far volume? All the lines of two years are read for it: once, by a worker.

What is worked out lies beside the lists' documents. A page asks `ready`, has it worked out with `have_worked_out` where it is
not, and asks again; commands and programs wait for `effects`.
"""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from keyaccount.files import written_whole
from keyaccount.find.groups import top_parents
from keyaccount.find.year_on_year import price_and_volume
from keyaccount.ledger.merged import merged_groups, survivors
from keyaccount.periods import year_ending
from keyaccount_web.find.lists.reading import members
from keyaccount_web.find.models import KeyAccountList
from keyaccount_web.runs.services import inputs_for, kept_inputs
from keyaccount_web.tables.ledger import whole_store

STALE_SECONDS = 900
"""After which a worker that was to do it is taken for gone."""


def ready(before: KeyAccountList, after: KeyAccountList) -> bool:
    """Whether they lie there, or never will since there is no ledger."""
    return _path(before, after).exists() or whole_store(after.run.snapshot) is None


def have_worked_out(before: KeyAccountList, after: KeyAccountList) -> None:
    """Have a worker do it, unless one is at it."""
    from keyaccount_web.find.tasks import work_out_prices

    asked = _path(before, after).with_suffix(".asked")
    asked.parent.mkdir(parents=True, exist_ok=True)
    try:
        if time.time() - asked.stat().st_mtime < STALE_SECONDS:
            return
    except FileNotFoundError:
        pass
    asked.touch()
    work_out_prices.enqueue(before.pk, after.pk)


def is_waited_for(before: KeyAccountList, after: KeyAccountList) -> bool:
    """Whether a worker is at it, or is to be."""
    return _path(before, after).with_suffix(".asked").exists()


def effects(before: KeyAccountList, after: KeyAccountList) -> pa.Table | None:
    """`price_and_volume` of every account that either list judges; None: there is no ledger."""
    path = _path(before, after)
    if path.exists():
        return pq.read_table(path)
    store = whole_store(after.run.snapshot)
    if store is None:
        return None
    told = prices(store.lines(), _ids(before, after), before, after)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as (draft,):
        pq.write_table(told, draft)
    return told


def work_out(before: KeyAccountList, after: KeyAccountList) -> None:
    """What the worker does."""
    try:
        effects(before, after)
    finally:
        _path(before, after).with_suffix(".asked").unlink(missing_ok=True)


def prices(lines: Any, ids: Sequence[str], before: KeyAccountList, after: KeyAccountList) -> pa.Table:
    """`price_and_volume` over the years that two lists rest on, by groups and mergers as the later one knew them."""
    inputs = kept_inputs(after.run) or inputs_for(after.run)
    into = survivors(inputs.merged)
    return price_and_volume(
        lines,
        list(ids),
        (year_ending(before.until), year_ending(after.until)),
        tops=top_parents(merged_groups(inputs.groups, into)),
        merged=into,
    )


def _ids(before: KeyAccountList, after: KeyAccountList) -> list[str]:
    """All that either list judges, so that a decision does not ask for them anew; and who came by an exception."""
    ids = {one.code for told in (before, after) for one in members(told)}
    for told in (before, after):
        ids.update(told.entries.order_by().values_list("code", flat=True))
    return sorted(ids)


def _path(before: KeyAccountList, after: KeyAccountList) -> Path:
    asked = hashlib.sha256("\n".join(_ids(before, after)).encode()).hexdigest()[:16]
    return Path(settings.HOME) / "key-lists" / f"prices-{before.run_id}-{after.run_id}-{asked}.parquet"
