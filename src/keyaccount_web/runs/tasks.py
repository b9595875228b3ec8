"""What do the workers do? Calculations that a page has started."""

import json
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from keyaccount.errors import KeyAccountError
from keyaccount.find.export import json_value
from keyaccount.find.key_accounts import KeyAccountList
from keyaccount_web.api.events import tell
from keyaccount_web.operate.lost import when_given_up
from keyaccount_web.runs.further import compute_further
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import (
    RunError,
    failed,
    inputs_for,
    keep_inputs,
    keep_result,
    settings_of,
    told_to,
    with_rated_service,
)


@task()
def run_find(run_id: int) -> None:
    """Find the key accounts over the whole ledger and keep the result."""
    from keyaccount.find.key_accounts import key_accounts_of
    from keyaccount_web.runs.parts import facts_in, keep_parts
    from keyaccount_web.tables.ledger import whole_store

    run = Run.objects.get(pk=run_id)
    with told_to(run):
        _step(run, 5, "step.open_store", state=Run.State.RUNNING, began_at=timezone.now())
        store = whole_store(run.snapshot)
        if store is None:
            raise RunError("run.no_ledger")
        _step(run, 20, "step.find", snapshot=store.snapshot, imports=store.facts["files"])
        inputs = inputs_for(run)
        facts = facts_in(store, run, inputs)
        inputs = with_rated_service(run, inputs, facts)
        keep_inputs(run, inputs)
        found = key_accounts_of(facts, cost_to_serve=inputs.cost_to_serve, settings=settings_of(run))
        _step(run, 90, "step.keep")
        keep_result(run, found.accounts)
        keep_parts(run, found, store, inputs)
        _step(run, 92, "step.further")
        compute_further(run, store, found)
        summary = _summary(found)
        with transaction.atomic():
            _step(run, 100, "", state=Run.State.DONE, ended_at=timezone.now(), summary=summary)
            tell("run.done", {"run": {"id": run.pk, "kind": run.kind, "state": run.state}})


def _given_up(error: KeyAccountError, run_id: int) -> None:
    run = Run.objects.select_for_update().get(pk=run_id)
    if run.state in (Run.State.WAITING, Run.State.RUNNING):
        failed(run, error)


when_given_up(run_find, _given_up)


def _summary(found: KeyAccountList) -> dict[str, Any]:
    """The figures of the whole, as JSON."""
    told = {
        "summary": asdict(found.summary),
        "settings": asdict(found.settings),
        "years": [asdict(year) for year in found.years],
        "notes": [{"code": note.code, "values": dict(note.values)} for note in found.notes],
        "curve": found.sales_curve.to_pylist(),
        "profit_curve": None if found.profit_curve is None else found.profit_curve.to_pylist(),
    }
    kept: dict[str, Any] = json.loads(json.dumps(told, default=json_value))
    return kept


def _step(run: Run, progress: int, step: str, **changes: Any) -> None:
    run.progress, run.step = progress, step
    for name, value in changes.items():
        setattr(run, name, value)
    run.save(update_fields=["progress", "step", *changes])
