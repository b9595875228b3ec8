"""How are kinds, roles and classes computed, kept and shown? (F5, F6)"""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.utils import timezone

from keyaccount.find.exact import with_columns
from keyaccount.find.kind_evidence import kind_evidence
from keyaccount.find.kind_settings import KindSettings, RoleSettings, VolumeClass
from keyaccount.find.kinds import kinds
from keyaccount.find.role_facts import with_role_facts
from keyaccount.find.roles import roles
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount_web.find.models import KindDecision, KindFigures
from keyaccount_web.find.presets import executive_titles, kind_settings, role_settings
from keyaccount_web.know.models import Account
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import (
    GROUP_ROWS,
    current_run,
    inputs_for,
    kept_inputs,
    run_folder,
)
from keyaccount_web.tables.kinds import kind_records
from keyaccount_web.tables.standing import standing_table

BATCH = 1000
_SETTINGS = b"keyaccount.settings"
_SHOWN = [
    "account_id",
    "kind",
    "role",
    "volume_class",
    "leader",
    "score",
    "confidence",
    "effort",
    "is_over_ceiling",
]


def compute_kinds(run: Run, store: LedgerStore, found: pa.Table) -> pa.Table:
    """Kind, role and class of every account of a run, kept beside its result with the settings used.

    A run that repeats another takes that one's settings; visits, proposals, commitments, contacts, teams and standing are read as they stand.
    """
    inputs = kept_inputs(run) or inputs_for(run)
    kept = kept_settings(run.repeats) if run.repeats else None
    of_kinds, of_roles = kept or (kind_settings(), role_settings())
    until = _until(run, found)
    day = timezone.localdate()
    evidence = kind_evidence(store.lines(), until=until, settings=of_kinds, merged=inputs.merged)
    records = kind_records(evidence.until, day, executive_titles())
    told = kinds(evidence, records=records, settings=of_kinds)
    facts = with_role_facts(
        told,
        found,
        until=evidence.until,
        groups=inputs.groups,
        cost_to_serve=inputs.cost_to_serve,
        merged=inputs.merged,
    )
    told = _with_roles(facts, of_roles)
    settings = json.dumps({"kinds": asdict(of_kinds), "roles": asdict(of_roles)}, default=str)
    told = told.replace_schema_metadata({_SETTINGS: settings.encode()})
    path = _path(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    # In small groups by account, so that one account's row is found at once.
    pq.write_table(told, path, row_group_size=GROUP_ROWS)
    return told


def has_kinds(run: Run | None) -> bool:
    """Whether kinds were computed with a run."""
    return run is not None and _path(run).exists()


def kept_settings(run: Run) -> tuple[KindSettings, RoleSettings] | None:
    """The settings by which kinds were computed; None: they were not."""
    if not _path(run).exists():
        return None
    told = json.loads((pq.read_schema(_path(run)).metadata or {})[_SETTINGS])
    values: dict[str, Any] = {}
    for one in fields(KindSettings):
        value = told["kinds"].get(one.name, one.default)
        is_decimal = isinstance(one.default, Decimal)
        values[one.name] = (
            Decimal(value) if is_decimal else tuple(value) if isinstance(value, list) else value
        )
    classes = [
        VolumeClass(one["code"], Decimal(one["least_sales"]), one["policy"], Decimal(one["effort_ceiling"]))
        for one in told["roles"]["classes"]
    ]
    return KindSettings(**values), RoleSettings(tuple(classes))


def kind_rows(run: Run | None, codes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What was computed of some accounts, which the reader must be allowed to see, by code.

    Their roles are told anew, by the special standing and the kinds decided as they are now.
    """
    kept = kept_settings(run) if run else None
    if run is None or kept is None:
        return {}
    told = pq.read_table(_path(run), filters=[("account_id", "in", list(codes))])
    return {row["account_id"]: row for row in _with_roles(told, kept[1]).to_pylist()}


def _with_roles(told: pa.Table, settings: RoleSettings) -> pa.Table:
    """Roles by the special standing of today, and by the kinds that people have decided on."""
    own = dict(KindDecision.objects.exclude(kind="").values_list("account__code", "kind"))
    computed = told["kind"]
    kinds_now = [
        own.get(code, kind)
        for code, kind in zip(told["account_id"].to_pylist(), computed.to_pylist(), strict=True)
    ]
    asked = with_columns(told, {"kind": pa.array(kinds_now, pa.string())})
    found = roles(asked, standing=standing_table(timezone.localdate()), settings=settings)
    return with_columns(found, {"kind": computed, "kind_now": asked["kind"]})


def prepare_kinds(run: Run) -> Callable[[], None]:
    """What lists are to show of a run, read and made ready; calling it writes it, in the transaction of whoever calls.

    Under what was computed stands what people decided; of a run without kinds only the latter.
    """
    kept = kept_settings(run)
    rows = _with_roles(pq.read_table(_path(run)), kept[1]).select(_SHOWN).to_pylist() if kept else []
    ids = dict(Account.objects.values_list("code", "pk"))
    known = [(ids[row["account_id"]], row) for row in rows if row["account_id"] in ids]
    return partial(_write, {account_id: _figures(run, account_id, row) for account_id, row in known})


def show_kinds(run: Run) -> None:
    """Let lists show what was computed with a run."""
    write = prepare_kinds(run)
    with transaction.atomic():
        write()


def _write(told: dict[int, KindFigures]) -> None:
    decisions = KindDecision.objects.filter(account__merged_into=None)
    for decision in decisions:
        figures = told.setdefault(decision.account_id, KindFigures(account_id=decision.account_id))
        overrule(figures, decision)
    KindFigures.objects.all().delete()
    KindFigures.objects.bulk_create(told.values(), batch_size=BATCH)


def overrule(figures: KindFigures, decision: KindDecision | None) -> None:
    """What lists show, from what was computed and what a person says."""
    figures.kind = (decision and decision.kind) or figures.computed_kind
    figures.role = (decision and decision.role) or figures.computed_role
    figures.volume_class = (decision and decision.volume_class) or figures.computed_class
    figures.route = decision.route if decision else ""
    figures.is_overruled = bool(decision and (decision.kind or decision.role or decision.volume_class))


def refresh_figures(account_ids: Sequence[int]) -> None:
    """After somebody has decided on accounts, or noted their standing: what lists show of them."""
    codes = dict(Account.objects.filter(pk__in=account_ids).values_list("pk", "code"))
    rows = kind_rows(current_run(), list(codes.values()))
    decisions = {one.account_id: one for one in KindDecision.objects.filter(account__in=account_ids)}
    held = KindFigures.objects.in_bulk(account_ids)
    told = []
    for account_id, code in codes.items():
        figures = held.get(account_id) or KindFigures(account_id=account_id)
        if code in rows:
            figures.computed_role = rows[code]["role"]
        overrule(figures, decisions.get(account_id))
        told.append(figures)
    KindFigures.objects.bulk_create(
        told,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["computed_role", "kind", "role", "volume_class", "route", "is_overruled"],
    )


def _figures(run: Run, account_id: int, row: Mapping[str, Any]) -> KindFigures:
    return KindFigures(
        account_id=account_id,
        run=run,
        kind=row["kind"],
        role=row["role"],
        volume_class=row["volume_class"],
        computed_kind=row["kind"],
        computed_role=row["role"],
        computed_class=row["volume_class"],
        leader=row["leader"] or "",
        score=row["score"],
        confidence=row["confidence"],
        effort=row["effort"],
        is_over_ceiling=row["is_over_ceiling"],
    )


def _until(run: Run, found: pa.Table) -> dt.date | None:
    """The last day of the run's year; None: the ledger's."""
    until = run.settings.get("until")
    return dt.date.fromisoformat(until) if until and len(found) else None


def _path(run: Run) -> Path:
    return run_folder(run) / "kinds.parquet"
