"""What do the records say of what accounts value? (`tables.KIND_RECORDS`, F5)"""

import datetime as dt
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import pyarrow as pa
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from keyaccount.periods import year_ending
from keyaccount_web.cover.models import Touch
from keyaccount_web.find.bought import bought_by_code
from keyaccount_web.know.models import Contact, TeamMember
from keyaccount_web.know.needs.models import Need
from keyaccount_web.know.plans.models import Commitment
from keyaccount_web.work.models import Comment

AMOUNT = pa.decimal128(38, 4)


def kind_records(until: dt.date, day: dt.date, executive_titles: Sequence[str]) -> pa.Table:
    """One row per account with records: touches (visits, calls, videos, mails, comments in the year that ends on `until`), visits by colleagues who serve it (service of
    its team), proposals that it answered in that year, commitments and joint projects agreed and not over on `day`, contacts, those of them whose title has one of the words, executive
    sponsors on its team on `day`; what we bought from it (null: nobody has recorded it).
    """
    year = year_ending(until)
    comments = Comment.objects.filter(
        account__isnull=False,
        removed_at=None,
        created_at__date__gte=year.begin,
        created_at__date__lte=year.until,
    )
    executive = reduce(or_, (Q(title__icontains=word) for word in executive_titles), Q(pk__in=[]))
    contacts = Contact.objects.order_by().values_list("account__code")
    sponsors = TeamMember.objects.filter(part=TeamMember.Part.EXECUTIVE_SPONSOR, since__lte=day)
    sponsors = sponsors.filter(Q(until=None) | Q(until__gte=day)).order_by()
    counted = {
        "touches": comments.order_by().values_list("account__code").annotate(n=Count("pk")),
        "contacts": contacts.annotate(n=Count("pk")),
        "executive_contacts": contacts.filter(executive).annotate(n=Count("pk")),
        "sponsors": sponsors.values_list("account__code").annotate(n=Count("pk")),
    }
    recorded = Touch.objects.filter(
        removed_at=None, began_at__date__gte=year.begin, began_at__date__lte=year.until
    )
    serves = TeamMember.objects.filter(
        account=OuterRef("account"), user=OuterRef("by"), part=TeamMember.Part.SERVICE
    )
    by_experts = recorded.filter(Exists(serves), kind=Touch.Kind.VISIT)
    answered = Need.objects.filter(
        is_taken__isnull=False, moved_on__gte=year.begin, moved_on__lte=year.until
    ).order_by()
    in_force = Commitment.objects.filter(
        state=Commitment.State.OPEN, agreed_on__lte=day, due_on__gte=day
    ).order_by()
    counted |= {
        "expert_visits": by_experts.order_by().values_list("account__code").annotate(n=Count("pk")),
        "proposals": answered.values_list("account__code").annotate(n=Count("pk")),
        "proposals_accepted": answered.filter(is_taken=True)
        .values_list("account__code")
        .annotate(n=Count("pk")),
        "commitments": _by_account(in_force.exclude(topic=Commitment.Topic.PROJECT)),
        "joint_projects": _by_account(in_force.filter(topic=Commitment.Topic.PROJECT)),
    }
    found = {name: dict(rows) for name, rows in counted.items()}
    for code, n in recorded.order_by().values_list("account__code").annotate(n=Count("pk")):
        found["touches"][code] = found["touches"].get(code, 0) + n
    bought = bought_by_code(until)
    codes = sorted(set(bought).union(*found.values()))
    columns = {name: pa.array([of.get(code, 0) for code in codes], pa.int64()) for name, of in found.items()}
    columns["purchases"] = pa.array([bought.get(code) for code in codes], AMOUNT)
    return pa.table({"account_id": pa.array(codes, pa.string()), **columns})


def _by_account(commitments: QuerySet[Commitment]) -> QuerySet[Any, Any]:
    return commitments.values_list("plan__account__code").annotate(n=Count("pk"))
