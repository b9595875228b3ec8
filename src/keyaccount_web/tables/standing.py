"""Which accounts have a special standing on a day? (`tables.STANDING`, F6)"""

import datetime as dt

import pyarrow as pa
from django.db.models import Q

from keyaccount_web.find.models import SpecialStanding


def standing_table(day: dt.date) -> pa.Table:
    """account_id, account_name, standing: one row per account and kind of standing that holds on `day`."""
    held = SpecialStanding.objects.filter(since__lte=day).filter(Q(until=None) | Q(until__gte=day))
    rows = sorted(set(held.values_list("account__code", "account__name", "standing")))
    return pa.table(
        {
            "account_id": pa.array([code for code, _, _ in rows], pa.string()),
            "account_name": pa.array([name for _, name, _ in rows], pa.string()),
            "standing": pa.array([standing for *_, standing in rows], pa.string()),
        }
    )
