"""Which touches are due, of whom, and why? Made from records whenever one of them changes. (C3)"""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
from django.db import connection, transaction
from django.db.models import F, Max
from django.db.models.functions import TruncDate
from django.utils import timezone

from keyaccount.cover.standards import counted, due
from keyaccount.cover.stretching import Stretch, stretch_factor
from keyaccount_web.access.models import User
from keyaccount_web.company.presets import setting, settings_of
from keyaccount_web.cover.models import DueTouch, Sign, Touch
from keyaccount_web.cover.presets import PROOFS, effort, standard_settings
from keyaccount_web.cover.tiered import tiered_accounts, with_tier
from keyaccount_web.know.models import AccountFigures
from keyaccount_web.runs.services import current_run

BATCH = 1000
LONG_AGO = dt.date(1900, 1, 1)


def refresh_due(account_ids: Collection[int] | None = None) -> int:
    """Work out anew what is due, of these accounts or of all. Gives how many touches are asked for."""
    accounts = tiered_accounts(account_ids)
    told = due(
        accounts,
        _last(account_ids),
        day=timezone.localdate(),
        settings=standard_settings(current_stretch().factor or Fraction(1)),
        signs=_signs(account_ids),
    )
    rows = [
        DueTouch(
            account_id=int(row["account_id"]),
            **{
                name: row[name]
                for name in ("touch", "tier", "interval_days", "last_date", "due_from", "due_until")
            },
            urgency=row["due_until"] or LONG_AGO,
            sign=row["sign"] or "",
        )
        for row in told.to_pylist()
    ]
    with transaction.atomic():
        old = DueTouch.objects.all()
        if account_ids is not None:
            old = old.filter(account__in=account_ids)
        old.delete()
        DueTouch.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)


def refresh_soon() -> None:
    """All of it once what is being changed is kept, however often it is asked for."""
    if not any(refresh_all is entry[1] for entry in connection.run_on_commit):
        transaction.on_commit(refresh_all)


def refresh_all() -> None:
    refresh_due()


def current_stretch() -> Stretch:
    """What the standards ask for, against the selling hours of those who own the accounts; not stretched unless the company wants it."""
    own = settings_of("standards.")
    owners = User.objects.filter(accounts__in=with_tier(), is_active=True).distinct().count()
    hours = Decimal(owners * own["selling_hours"])
    if not owners:
        return Stretch(0, 0, Fraction(1))
    told = stretch_factor(
        tiered_accounts(), hours_there=hours, settings=standard_settings(own=own), effort=effort()
    )
    if own["stretched"] == "no":
        return Stretch(told.hours_asked, told.hours_there, Fraction(1))
    return told


def counted_touches(since: dt.date, until: dt.date, account_ids: Collection[int] | None = None) -> pa.Table:
    """What was recorded from `since` to `until`, as standards count it: account_id, touch, date, pk, by. One query."""
    rows = Touch.objects.filter(removed_at=None, began_at__date__gte=since, began_at__date__lte=until)
    if account_ids is not None:
        rows = rows.filter(account__in=account_ids)
    told = list(
        rows.order_by("pk").values_list("pk", "account_id", "kind", "is_executive", "done_how", "began_at")
    )
    return counted(
        pa.table(
            {
                "pk": pa.array([row[0] for row in told], pa.int64()),
                "account_id": pa.array([str(row[1]) for row in told], pa.string()),
                "kind": pa.array([row[2] for row in told], pa.string()),
                "is_executive": pa.array([row[3] for row in told], pa.bool_()),
                "done_how": pa.array([row[4] for row in told], pa.string()),
                "date": pa.array([timezone.localdate(row[5]) for row in told], pa.date32()),
            }
        ),
        proof=PROOFS[setting("standards.proof")],
    )


def _last(account_ids: Collection[int] | None) -> pa.Table:
    """The latest touch of each account and sort: few rows, whatever was recorded."""
    rows = Touch.objects.filter(removed_at=None)
    if account_ids is not None:
        rows = rows.filter(account__in=account_ids)
    told = list(
        rows.order_by()
        .annotate(day=TruncDate("began_at"))
        .values_list("account_id", "kind", "is_executive", "done_how")
        .annotate(last=Max("day"))
    )
    return counted(
        pa.table(
            {
                "account_id": pa.array([str(row[0]) for row in told], pa.string()),
                "kind": pa.array([row[1] for row in told], pa.string()),
                "is_executive": pa.array([row[2] for row in told], pa.bool_()),
                "done_how": pa.array([row[3] for row in told], pa.string()),
                "date": pa.array([row[4] for row in told], pa.date32()),
            }
        ),
        proof=PROOFS[setting("standards.proof")],
    )


def _signs(account_ids: Collection[int] | None) -> pa.Table:
    """What people noted, and sales of the current run far below the year before, as of the end of its year."""
    noted, fallen = Sign.objects.all(), AccountFigures.objects.none()
    run = current_run()
    if run is not None:
        share = setting("standards.churn_below")
        fallen = AccountFigures.objects.filter(
            sales_year_before__gt=0, sales__lt=F("sales_year_before") * share
        )
    if account_ids is not None:
        noted, fallen = noted.filter(account__in=account_ids), fallen.filter(account__in=account_ids)
    told = list(noted.order_by().values_list("account_id", "kind", "noted_date"))
    if run is not None and run.summary:
        until = dt.date.fromisoformat(run.summary["years"][0]["period"]["until"])
        told += [
            (pk, Sign.Kind.CHURN, until) for pk in fallen.order_by().values_list("account_id", flat=True)
        ]
    return pa.table(
        {
            "account_id": pa.array([str(row[0]) for row in told], pa.string()),
            "sign": pa.array([row[1] for row in told], pa.string()),
            "date": pa.array([row[2] for row in told], pa.date32()),
        }
    )
