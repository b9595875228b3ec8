"""How are the people of an account kept and placed on its maps, and who sways whom? (K2)"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from keyaccount.know.relations import ROLES, circle
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.record_kit import RecordError, changed
from keyaccount_web.know.structure.arranging import COLUMNS, ROWS
from keyaccount_web.know.structure.models import Influence, InfluenceMap, MapPerson, Relation, Stand, Tie
from keyaccount_web.know.structure.reading import stand_on

ON_A_MAP = ("roles", "stance", "political", "covered_by")
"""What each map says for itself."""
FIELDS = ("reports_to", *ON_A_MAP, "front_line")


def keep_relation(contact: Contact, *, version: int | None, values: Mapping[str, Any]) -> Relation:
    """What is known of a person, new or changed. `version`: of what was read, 0 where nothing was, None: whatever was.

    Raises RecordError `people.own_superior`, `people.circle`, `people.other_account`, `people.unknown_role`; RecordChangedError.
    """
    told = {name: values.get(name) for name in FIELDS} | {"roles": in_order(values.get("roles") or ())}
    told |= {name: told[name] or "" for name in ("stance", "political", "front_line")}
    with transaction.atomic():
        # Two who put each other's superior in at once would make a circle: one account, one at a time.
        Account.objects.select_for_update(of=("self",)).get(pk=contact.account_id)
        above = told["reports_to"]
        if above is not None:
            _check_superior(contact, above)
        held = Relation.objects.filter(contact=contact).first()
        if held is None:
            return Relation.objects.create(contact=contact, **told)
        return changed(held, version, told)


def keep_stand(
    chosen: InfluenceMap, contact: Contact, *, version: int | None, values: Mapping[str, Any]
) -> MapPerson:
    """What somebody is on a topic's map, and, where given, their `column` and `row`; whoever is not on it comes onto it.

    Raises RecordError `people.unknown_role`, `people.other_account`, `people.off_the_map`; RecordChangedError.
    """
    told = {name: values.get(name) for name in ON_A_MAP} | {"roles": in_order(values.get("roles") or ())}
    told |= {name: told[name] or "" for name in ("stance", "political")} | cell(values)
    check_counts(chosen.account, contact)
    with transaction.atomic():
        Account.objects.select_for_update(of=("self",)).get(pk=chosen.account_id)
        held = MapPerson.objects.filter(map=chosen, contact=contact).first()
        if held is None:
            return MapPerson.objects.create(map=chosen, contact=contact, **told)
        return changed(held, version, told)


def leave_map(chosen: InfluenceMap, contact: Contact) -> None:
    """Take somebody off a topic's map, with their lines there; its history stays."""
    with transaction.atomic():
        for one in chosen.lines.filter(Q(source=contact) | Q(target=contact)):
            one.delete()
        for person in chosen.people.filter(contact=contact):
            person.delete()


def place(
    contact: Contact,
    column: int | None,
    row: int | None,
    *,
    version: int | None,
    account: Account | None = None,
    chosen: InfluenceMap | None = None,
) -> Stand:
    """Put a person on a map of their account, or of one that they are tied to (`account`), or park them (None).

    Raises RecordError `people.off_the_map`, `people.other_account`; RecordChangedError.
    """
    account = account or contact.account
    told = cell({"column": column, "row": row})
    check_counts(account, contact)
    with transaction.atomic():
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        held = stand_on(account, chosen, contact)
        if held is not None:
            return changed(held, version, told)
        if chosen is not None:
            return MapPerson.objects.create(map=chosen, contact=contact, **told)
        return Relation.objects.create(contact=contact, **told)


def cell(values: Mapping[str, Any]) -> dict[str, int | None]:
    """Where on a map, as far as `values` say it; half a place is none. Raises RecordError `people.off_the_map`."""
    if "column" not in values:
        return {}
    column, row = values["column"], values["row"]
    if column is None or row is None:
        return {"column": None, "row": None}
    if not (0 <= column < COLUMNS and 0 <= row < ROWS):
        raise RecordError("people.off_the_map", columns=COLUMNS, rows=ROWS)
    return {"column": column, "row": row}


def draw(
    source: Contact,
    target: Contact,
    kind: str,
    *,
    account: Account | None = None,
    chosen: InfluenceMap | None = None,
) -> None:
    """Draw a line, or take it away where it is there. Raises RecordError as `line` does."""
    with transaction.atomic():
        held, is_new = line(source, target, kind, account=account, chosen=chosen)
        if not is_new:
            held.delete()


def line(
    source: Contact,
    target: Contact,
    kind: str,
    *,
    account: Account | None = None,
    chosen: InfluenceMap | None = None,
) -> tuple[Influence, bool]:
    """The line between two people on a map, and whether it is new. `account`: whose map, without it that of the first's own.

    Raises RecordError `people.own_line`, `people.other_account`.
    """
    account = account or source.account
    if source.pk == target.pk:
        raise RecordError("people.own_line", name=source.name)
    for one in (source, target):
        check_counts(account, one)
    return Influence.objects.get_or_create(
        account=account, map=chosen, source=source, target=target, kind=kind
    )


def members_of(account: Account) -> QuerySet[Contact]:
    """Its people, and those of other customers who are tied to it, whether today or not."""
    here = Q(account=account) | Q(ties__account=account)
    return Contact.objects.filter(here).select_related("account").distinct()


def check_counts(account: Account, contact: Contact) -> None:
    """Whether somebody is of the account or tied to it today. Raises RecordError `people.other_account`."""
    if contact.account_id == account.pk:
        return
    goes_on = Q(until=None) | Q(until__gte=timezone.localdate())
    if not Tie.objects.filter(goes_on, account=account, contact=contact).exists():
        raise RecordError("people.other_account", name=contact.name)


def keep_tie(
    *,
    account: Account,
    contact: Contact,
    roles: Iterable[str] = (),
    record: Tie | None = None,
    version: int | None = None,
    **values: Any,
) -> Tie:
    """Somebody of another customer's counts here, too; new or put right.

    Raises RecordError `people.own_tie`, `people.tie_there`, `people.unknown_role`, `people.tie_order`, `people.off_the_map`;
    RecordChangedError.
    """
    told = in_order(roles)
    check_tie(account, contact, values.get("since"), values.get("until"))
    kept = {**values, **cell(values), "contact": contact, "roles": told}
    try:
        with transaction.atomic():
            if record is None:
                return Tie.objects.create(account=account, **kept)
            return changed(record, version, kept)
    except IntegrityError:
        raise RecordError("people.tie_there", name=contact.name) from None


def check_tie(account: Account, contact: Contact, since: Any, until: Any) -> None:
    """Raises RecordError `people.own_tie`, `people.tie_order`."""
    if contact.account_id is not None and contact.account_id == account.pk:
        raise RecordError("people.own_tie", name=contact.name)
    if since and until and until < since:
        raise RecordError("people.tie_order", since=since, until=until)


def in_order(told: Iterable[str]) -> list[str]:
    """Buying roles, each once, in their order. Raises RecordError `people.unknown_role`."""
    roles = list(dict.fromkeys(told))
    if not set(roles) <= set(ROLES):
        raise RecordError("people.unknown_role", roles=roles)
    return sorted(roles, key=list(ROLES).index)


def _check_superior(contact: Contact, above: Contact) -> None:
    if above.pk == contact.pk:
        raise RecordError("people.own_superior", name=contact.name)
    if above.account_id != contact.account_id:
        raise RecordError("people.other_account", name=above.name)
    rows = Relation.objects.filter(contact__account=contact.account_id, reports_to__isnull=False)
    over: dict[Hashable, Hashable] = dict(rows.values_list("contact", "reports_to"))
    if circle(over, contact.pk, above.pk):
        raise RecordError("people.circle", name=contact.name, above=above.name)
