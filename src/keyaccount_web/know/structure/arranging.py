"""How are the people of a map placed by their reporting lines, all at once? (K2)"""

import math
from collections import defaultdict
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from keyaccount_web.know.models import Account
from keyaccount_web.know.structure.models import InfluenceMap, MapPerson, Relation, Stand, Tie
from keyaccount_web.know.structure.reading import PeopleMap, people_map

COLUMNS, ROWS = 60, 40
"""Steps of a map."""
ALONE_IN_A_ROW = 6
"""At least."""
CARDS_ACROSS = 1.2
"""Per card down, so that a large map has the shape of a sheet of paper on its side."""
Cell = tuple[int, int]
"""Column, row."""


def arrange(account: Account, chosen: InfluenceMap | None = None) -> int:
    """Place all who are on the map, superiors above, those below in their middle. Gives how many stand on it.

    What others place meanwhile waits, and who has a form or card open of before is told when they save; who stays where they
    were is not written.
    """
    with transaction.atomic():
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        for rows in _stands(account, chosen):
            list(rows.select_for_update(of=("self",)).values_list("pk"))
        told = people_map(account, chosen)
        _keep(_cells(told), told)
    return len(told.on_it)


def _stands(account: Account, chosen: InfluenceMap | None) -> tuple[QuerySet[Any], ...]:
    if chosen is not None:
        return (MapPerson.objects.filter(map=chosen),)
    return Relation.objects.filter(contact__account=account), Tie.objects.filter(account=account)


def _cells(told: PeopleMap) -> dict[int, Cell]:
    """Where each stands, by contact; no two in one place."""
    below: defaultdict[int | None, list[int]] = defaultdict(list)
    on_it = {one.contact.pk for one in told.on_it}
    for one in told.on_it:
        above = one.relation.reports_to_id if one.relation else None
        below[above if above in on_it else None].append(one.contact.pk)
    # Above before below; those in no line at all stand in rows under the others.
    order: list[int] = []
    depths: dict[int, int] = {}
    open_ones = [(pk, 0) for pk in reversed(below[None]) if below[pk]]
    while open_ones:
        pk, depth = open_ones.pop()
        order.append(pk)
        depths[pk] = depth
        open_ones += [(one, depth + 1) for one in reversed(below[pk])]
    leaves = [pk for pk in order if not below[pk]]
    columns: dict[int, float] = {pk: at for at, pk in enumerate(leaves)}
    for pk in reversed(order):
        if below[pk]:
            columns[pk] = (columns[below[pk][0]] + columns[below[pk][-1]]) / 2
    cells = {pk: (round(columns[pk]), depths[pk]) for pk in order}
    first = max((row for _, row in cells.values()), default=-1) + 1
    alone = [pk for pk in below[None] if not below[pk]]
    # Those of other customers first: they are few, and count.
    alone.sort(key=lambda pk: told.by_pk[pk].tie is None)
    wide = min(max(ALONE_IN_A_ROW, round(math.sqrt(len(alone) * CARDS_ACROSS))), COLUMNS)
    cells |= {pk: (at % wide, first + at // wide) for at, pk in enumerate(alone)}
    taken: set[Cell] = set()
    for pk in cells:
        cells[pk] = free_cell(cells[pk], taken)
        taken.add(cells[pk])
    return cells


def free_cell(cell: Cell, taken: set[Cell]) -> Cell:
    """The cell, or the next free one to its right and below; on a full map they lie on each other."""
    if len(taken) >= COLUMNS * ROWS:
        return min(cell[0], COLUMNS - 1), min(cell[1], ROWS - 1)
    at = min(cell[1], ROWS - 1) * COLUMNS + min(cell[0], COLUMNS - 1)
    while (at % COLUMNS, at // COLUMNS % ROWS) in taken:
        at += 1
    return at % COLUMNS, at // COLUMNS % ROWS


def _keep(cells: dict[int, Cell], told: PeopleMap) -> None:
    """Write those who moved, with their history; as many queries for all as for one."""
    news: list[Relation] = []
    moved: defaultdict[type[Stand], list[Stand]] = defaultdict(list)
    for pk, (column, row) in cells.items():
        person = told.by_pk[pk]
        if person.stand is None:
            news.append(Relation(contact=person.contact, column=column, row=row))
        elif (person.stand.column, person.stand.row) != (column, row):
            person.stand.column, person.stand.row = column, row
            person.stand.version += 1
            moved[type(person.stand)].append(person.stand)
    if news:
        bulk_create_with_history(news, Relation, batch_size=500)
    for model, stands in moved.items():
        bulk_update_with_history(stands, model, ["column", "row", "version"], batch_size=500)
