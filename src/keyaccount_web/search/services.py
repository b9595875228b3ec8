"""How are keys kept, and how are they searched? (issue "Daily work"; T3, K9)"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import sees_all, visible_accounts
from keyaccount_web.know.models import Account, AccountFigures, Contact
from keyaccount_web.search.keys import (
    Key,
    after,
    marked,
    prefixes_of,
    terms_of,
)
from keyaccount_web.search.models import SearchKey
from keyaccount_web.search.registry import SEARCHABLE, Searchable, Told

BATCH = 100
"""Objects refreshed in one transaction: some 2,000 rows."""
ROWS = 1000
INSERT = "INSERT INTO search_searchkey (kind, object_id, text, why) VALUES (%s, %s, %s, %s)"
FEW = 1000
"""Keys up to which all that match are ranked; beyond, the largest ones are taken in their order until there are enough."""

ACCOUNTS = 900
"""Accounts gone through at a time, from the largest down."""

Why = SearchKey.Why
_EXACT = (Why.CODE, Why.TAX, Why.PHONE)
_RANKS = {
    Why.NAME: 1,
    Why.CODE: 2,
    Why.TAX: 2,
    Why.PHONE: 2,
    Why.EMAIL: 2,
    Why.NAME_WITHIN: 3,
    Why.PINYIN: 4,
    Why.PINYIN_WITHIN: 5,
    Why.INITIALS: 6,
    Why.INITIALS_WITHIN: 7,
}


@dataclass(frozen=True)
class Hit:
    """Something found, and why."""

    pk: int
    told: Told
    why: str
    """The text is `search.why.<why>`."""
    title: list[tuple[str, bool]]
    """In pieces: whether what was typed is in it."""
    code: list[tuple[str, bool]]


@dataclass(frozen=True)
class Group:
    """The hits of one kind, the best first."""

    kind: str
    hits: list[Hit]
    has_more: bool


# --- keeping


def refresh_search(accounts: QuerySet[Account]) -> None:
    """Bring the keys of these accounts and their contacts up to date: after a bulk write, which sends no signals."""
    contacts = Contact.objects.filter(account__in=accounts.order_by())
    for kind, rows in ((SEARCHABLE["account"], accounts), (SEARCHABLE["contact"], contacts)):
        refresh_kind(kind, rows)


def refresh_kind(kind: Searchable, rows: QuerySet[Any]) -> None:
    """Bring the keys of `rows` up to date, a batch at a time, each in a short transaction of its own."""
    last = 0
    while batch := list(rows.order_by("pk").filter(pk__gt=last)[:BATCH]):
        refresh(kind, batch)
        last = batch[-1].pk


def refresh_all() -> None:
    """Bring all keys up to date, and remove those of objects that are gone."""
    for kind in SEARCHABLE.values():
        refresh_kind(kind, kind.model._default_manager.all())
        ids = kind.model._default_manager.filter(pk=OuterRef("object_id"))
        gone = SearchKey.objects.filter(kind=kind.number).filter(~Exists(ids))
        while some := list(gone.values_list("pk", flat=True)[:ROWS]):
            SearchKey.objects.filter(pk__in=some).delete()


def refresh(kind: Searchable, objects: Sequence[Any]) -> None:
    """Write what differs between the keys of these objects and those kept."""
    kept: defaultdict[tuple[int, bytes], dict[int, int]] = defaultdict(dict)
    of_these = SearchKey.objects.filter(kind=kind.number, object_id__in=[one.pk for one in objects])
    for pk, object_id, text, why in of_these.values_list("pk", "object_id", "text", "why"):
        kept[object_id, bytes(text)][why] = pk
    wanted = ((one.pk, key) for one in objects for key in _best(kind.keys(one)))
    new = [
        (kind.number, pk, key.text, int(key.why))
        for pk, key in wanted
        if kept.get((pk, key.text), {}).pop(key.why, None) is None
    ]
    stale = [pk for whys in kept.values() for pk in whys.values()]
    if not new and not stale:
        return
    with transaction.atomic():
        for at in range(0, len(stale), ROWS):
            SearchKey.objects.filter(pk__in=stale[at : at + ROWS]).delete()
        with connection.cursor() as cursor:
            # Four times as fast as bulk_create, which counts at three million rows.
            cursor.executemany(INSERT, new)


def forget(kind: Searchable, ids: Sequence[int]) -> None:
    SearchKey.objects.filter(kind=kind.number, object_id__in=ids).delete()


def _best(keys: Iterable[Key]) -> list[Key]:
    """Each text once, by what ranks best: an initial may also be a syllable."""
    best: dict[bytes, Key] = {}
    for key in keys:
        if key.text and (key.text not in best or _RANKS[key.why] < _RANKS[best[key.text].why]):
            best[key.text] = key
    return list(best.values())


# --- searching


def search(user: User, query: str, *, most: int = 8, kinds: Iterable[str] | None = None) -> list[Group]:
    """What `user` may see and `query` finds, by kind, at most `most` of each, accounts and people first; kinds without a hit are left out.

    Order: code, tax or telephone number as it is; name from its start; the beginning of a number; within the name;
    pinyin; initials. Among these the larger customers come first.
    """
    ways = [way for way in terms_of(query) if all(prefixes_of(term) for term in way)]
    groups = []
    for name in _with_keys(kinds or SEARCHABLE, ways):
        hits = _hits(SEARCHABLE[name], user, query, ways, most + 1)
        if hits:
            groups.append(Group(name, hits[:most], has_more=len(hits) > most))
    return groups


def _with_keys(kinds: Iterable[str], ways: list[list[str]]) -> list[str]:
    """The kinds, by number, of which any object has a key for each word of a way: one query for all, since most have none."""
    asked = sorted(kinds, key=lambda name: SEARCHABLE[name].number)
    if not ways or len(asked) < 2:
        return asked

    def found(name: str) -> Q:
        def any_key(term: str) -> Q:
            number = SEARCHABLE[name].number
            return Q(Exists(SearchKey.objects.filter(_beginning_with(prefixes_of(term)), kind=number)))

        return reduce(or_, (reduce(and_, (any_key(term) for term in way)) for way in ways))

    # Of any one row there is, or of none: nothing is searched in an empty table.
    row = SearchKey.objects.order_by()[:1].values(
        **{f"of_{name}": ExpressionWrapper(found(name), BooleanField()) for name in asked}
    )
    told = next(iter(row), None)
    return [name for name in asked if told[f"of_{name}"]] if told else []


def accounts_matching(query: str) -> Q:
    """The condition on accounts that `query` finds; what is too short to be searched for leaves them all."""
    return matching(SEARCHABLE["account"], query)


def matching(kind: Searchable, query: str) -> Q:
    """The same on objects of any kind."""
    ways = terms_of(query)
    if not ways:
        return Q()
    found = [way for way in ways if all(prefixes_of(term) for term in way)]
    if not found:
        too_short = any(character.isalnum() for character in query)
        return Q() if too_short else Q(pk__in=[])
    return reduce(or_, (reduce(and_, (_found_by(kind, term) for term in way)) for way in found))


def _found_by(kind: Searchable, term: str) -> Q:
    keys = SearchKey.objects.filter(_beginning_with(prefixes_of(term)), kind=kind.number)
    return Q(pk__in=keys.values("object_id"))


def _beginning_with(prefixes: Iterable[bytes]) -> Q:
    return reduce(or_, (Q(text__gte=prefix, text__lt=after(prefix)) for prefix in prefixes))


def _hits(kind: Searchable, user: User, query: str, ways: list[list[str]], most: int) -> list[Hit]:
    visible = kind.visible(user)
    ranks: dict[int, tuple[int, Why]] = {}
    for way in ways:
        _rank(kind, user, visible, way, most, ranks)
    best = sorted(ranks, key=lambda pk: ranks[pk][0])
    order = {pk: place for place, pk in enumerate(best)}
    # The order within a rank is already the visible ones' own: dictionaries keep it.
    objects = {one.pk: one for one in visible.filter(pk__in=best[:most])}
    hits = []
    for pk in sorted(objects, key=order.__getitem__):
        told = kind.told(objects[pk])
        hits.append(
            Hit(
                pk,
                told,
                ranks[pk][1].name.lower().removesuffix("_within"),
                marked(told.title, query),
                marked(told.code, query) if told.code else [],
            )
        )
    return hits


def _rank(
    kind: Searchable,
    user: User,
    visible: QuerySet[Any],
    way: list[str],
    most: int,
    ranks: dict[int, tuple[int, Why]],
) -> None:
    """Add to `ranks` the visible objects that all words of `way` find: rank and why, the largest first within a rank."""
    wanted, common = visible.order_by(*kind.largest_first), False
    few: dict[int, tuple[int, Why]] = {}
    for term in way:
        found = _few(kind, term)
        if len(found) > FEW:
            common = True
            exists = SearchKey.objects.filter(
                _beginning_with(prefixes_of(term)), kind=kind.number, object_id=OuterRef("pk")
            )
            wanted = wanted.filter(Exists(exists))
        else:
            wanted = wanted.filter(pk__in=list(found))
        few = found if not few else {pk: min(few[pk], found[pk]) for pk in few.keys() & found.keys()}
    if common:
        pks = _largest(kind, user, wanted, most)
    else:
        pks = list(wanted.values_list("pk", flat=True)[: FEW + 1])
    if common and len(way) == 1:
        # What is found as it is comes first, however small it is.
        exact = [pk for pk, (rank, _) in few.items() if rank == 0][:FEW]
        pks += [pk for pk in visible.filter(pk__in=exact).values_list("pk", flat=True) if pk not in pks]
    unknown = [pk for pk in pks if pk not in few]
    if unknown:
        few = {**few, **_reasons(kind, way[0], unknown)}
    for pk in pks:
        if pk in few and pk not in ranks:
            ranks[pk] = few[pk]


def _largest(kind: Searchable, user: User, wanted: QuerySet[Any], most: int) -> list[int]:
    """The first of `wanted`, which are many: gone through from the largest customer down, some hundreds at a time.

    To sort all that match would take a look at each of them. Who sees few accounts has them looked at instead.
    """
    if not kind.account:
        return list(wanted.values_list("pk", flat=True)[:most])
    found: list[int] = []
    sizes = AccountFigures.objects.order_by("-sales").values_list("account_id", flat=True)
    for at in range(0, ACCOUNTS * (20 if sees_all(user) else 4), ACCOUNTS):
        ids = list(sizes[at : at + ACCOUNTS])
        if not ids:
            break
        some = wanted.filter(**{f"{kind.account}__in": ids})
        found += some.values_list("pk", flat=True)[: most - len(found)]
        if len(found) >= most:
            return found
    if not sees_all(user):
        # From one's own accounts on, not through all contacts there are.
        wanted = wanted.filter(**{f"{kind.account}__in": visible_accounts(user).order_by().values("pk")})
    return list(wanted.values_list("pk", flat=True)[:most])


def _few(kind: Searchable, term: str) -> dict[int, tuple[int, Why]]:
    """Up to a little more than `FEW` objects that `term` finds, with rank and why; those that it is wholly come first."""
    found: dict[int, tuple[int, Why]] = {}
    for prefix in prefixes_of(term):
        keys = SearchKey.objects.filter(_beginning_with([prefix]), kind=kind.number).order_by("text")
        _add(found, keys, prefix, FEW + 1)
    return found


def _reasons(kind: Searchable, term: str, ids: list[int]) -> dict[int, tuple[int, Why]]:
    found: dict[int, tuple[int, Why]] = {}
    for prefix in prefixes_of(term):
        keys = SearchKey.objects.filter(_beginning_with([prefix]), kind=kind.number, object_id__in=ids)
        _add(found, keys, prefix, None)
    return found


def _add(
    found: dict[int, tuple[int, Why]], keys: QuerySet[SearchKey], prefix: bytes, most: int | None
) -> None:
    for object_id, text, number in keys.values_list("object_id", "text", "why")[:most]:
        why = Why(number)
        rank = 0 if why in _EXACT and bytes(text) == prefix else _RANKS[why]
        if object_id not in found or (rank, why) < found[object_id]:
            found[object_id] = rank, why
