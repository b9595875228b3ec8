"""Which accounts may be the same? Searched over all in the background, and on entry for the one at hand (K9)."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from keyaccount.know.duplicates import (
    MOST_IN_BLOCK,
    AccountIndex,
    DuplicateSettings,
    comparison_keys,
    find_duplicates,
)
from keyaccount.reasons import Reason
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.duplicates.models import ComparisonKey, DuplicatePair, DuplicateSearch
from keyaccount_web.know.models import Account
from keyaccount_web.tables.records import accounts_table

BATCH = 1000
KEY_LENGTH = 200
SHOWN = 5
# On entry a telephone number that another account has is worth a look by itself.
ON_ENTRY = DuplicateSettings(same_phone=0.7)


@dataclass(frozen=True)
class SimilarAccount:
    """An account like the one at hand. Of one that may not be seen only name and owner are told."""

    account: Account
    is_visible: bool
    score: float
    reasons: tuple[Reason, ...]


def similar_accounts(
    candidate: Mapping[str, Any], *, user: User, account_id: int | None = None
) -> list[SimilarAccount]:
    """The accounts that `candidate` may be, likeliest first; `account_id`: its own, which is not like itself.

    candidate : account_name, tax_number, phone, address.
    """
    keys = [key[:KEY_LENGTH] for key in comparison_keys(candidate)]
    found = list(ComparisonKey.objects.filter(key__in=keys).values_list("key", "account_id"))
    crowded = {key for key, n in Counter(key for key, _ in found).items() if n > MOST_IN_BLOCK}
    ids = {pk for key, pk in found if key not in crowded} - {account_id}
    if not ids:
        return []
    near = Account.objects.filter(pk__in=ids)
    rows = AccountIndex(accounts_table(near), settings=ON_ENTRY).similar(candidate, most=SHOWN).to_pylist()
    by_code = {one.code: one for one in near.select_related("owner")}
    visible = set(visible_accounts(user).filter(pk__in=ids).values_list("pk", flat=True))
    return [
        SimilarAccount(
            by_code[row["other_id"]], by_code[row["other_id"]].pk in visible, row["score"], _reasons(row)
        )
        for row in rows
    ]


def _reasons(row: Mapping[str, Any]) -> tuple[Reason, ...]:
    return tuple(Reason(one["code"], one["values"]) for one in json.loads(row["reasons"]))


def remember_keys(account_ids: Iterable[int]) -> None:
    """Write anew by what these accounts are found; those that are merged, or gone, are found no more."""
    ids = list(account_ids)
    rows = accounts_table(Account.objects.filter(pk__in=ids)).to_pylist()
    pks = dict(Account.objects.filter(pk__in=ids).values_list("code", "pk"))
    keys = [
        ComparisonKey(account_id=pks[row["account_id"]], key=key)
        for row in rows
        for key in dict.fromkeys(key[:KEY_LENGTH] for key in comparison_keys(row))
    ]
    with transaction.atomic():
        ComparisonKey.objects.filter(account_id__in=ids).delete()
        ComparisonKey.objects.bulk_create(keys, batch_size=BATCH)


def search(record: DuplicateSearch) -> None:
    """Compare all accounts and keep the pairs; what was decided stays decided."""
    accounts = accounts_table()
    found = find_duplicates(accounts).to_pylist()
    pks = dict(Account.objects.values_list("code", "pk"))
    ids = sorted(pks.values())
    for begin in range(0, len(ids), BATCH):
        remember_keys(ids[begin : begin + BATCH])
    known = {(one.account_id, one.other_id): one for one in DuplicatePair.objects.all()}
    new, changed, still = [], [], set()
    for row in found:
        pair = (pks[row["account_id"]], pks[row["other_id"]])
        told = known.get(pair)
        if told is None:
            new.append(
                DuplicatePair(
                    account_id=pair[0],
                    other_id=pair[1],
                    score=row["score"],
                    reasons=json.loads(row["reasons"]),
                )
            )
            continue
        still.add(told.pk)
        if (told.score, told.reasons) != (row["score"], json.loads(row["reasons"])):
            told.score, told.reasons = row["score"], json.loads(row["reasons"])
            changed.append(told)
    gone = [one.pk for one in known.values() if one.state == DuplicatePair.State.OPEN and one.pk not in still]
    for begin in range(0, len(new), BATCH):
        DuplicatePair.objects.bulk_create(new[begin : begin + BATCH], ignore_conflicts=True)
    for begin in range(0, len(changed), BATCH):
        DuplicatePair.objects.bulk_update(changed[begin : begin + BATCH], ["score", "reasons"])
    for begin in range(0, len(gone), BATCH):
        DuplicatePair.objects.filter(pk__in=gone[begin : begin + BATCH]).delete()
    record.ended_at, record.accounts, record.pairs = timezone.now(), len(accounts), len(found)
    record.save(update_fields=["ended_at", "accounts", "pairs"])
