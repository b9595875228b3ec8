"""Where do cards and lines lie on a drawn map, and what is each person's entry in the list? (K2)"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.urls import reverse

from keyaccount_web.know.models import Account
from keyaccount_web.know.structure.reading import PeopleMap, Person

STEP_X, STEP_Y, WIDTH, HEIGHT, MARGIN = 190, 112, 168, 84, 16
"""Of a card on the map [px]."""
ASIDE = 36
"""Lines of influence and conflict run beside the reporting lines [px]."""
STANCE_ICONS = {
    "mentor": "rosette",
    "supporter": "circle-check",
    "neutral": "dots",
    "critic": "alert-triangle",
    "enemy": "x",
    "": "help",
}
ROLE_ICONS = {
    "decision_maker": "star",
    "approver": "key",
    "buyer": "file-invoice",
    "user": "settings",
    "influencer": "share",
    "gatekeeper": "shield-lock",
}
Card = dict[str, Any]


def drawn(told: PeopleMap, account: Account) -> dict[str, Any]:
    """What the template of a map takes."""
    query = f"?map={told.chosen.pk}" if told.chosen else ""
    cards = [_card(one, account, told.seen, query) for one in told.people]
    _say_lines(told, cards)
    placed = {card["pk"]: card for card in cards if card["is_placed"]}
    wide = max((card["x"] for card in placed.values()), default=0) + STEP_X
    high = max((card["y"] for card in placed.values()), default=0) + STEP_Y
    return {
        "cards": cards,
        "parked": [card for card in cards if not card["is_placed"]],
        "lines": _lines(told, placed),
        "wide": max(wide, 3 * STEP_X),
        "high": max(high, 2 * STEP_Y),
        "card": {"width": WIDTH, "height": HEIGHT},
        "steps": {"x": STEP_X, "y": STEP_Y, "margin": MARGIN},
    }


def _card(one: Person, account: Account, seen: Collection[int], query: str) -> Card:
    stand, tie = one.stand, one.tie
    stance = stand.stance if stand else ""
    if tie is not None and not query:
        edit = reverse("people_tie", args=[account.pk, tie.pk])
    else:
        edit = reverse("person_relation", args=[account.pk, one.contact.pk]) + query
    return {
        "pk": one.contact.pk,
        "contact": one.contact,
        "title": tie.title if tie else one.contact.title,
        "tie": tie,
        "home": one.contact.account if tie and one.contact.account_id in seen else None,
        "relation": one.relation,
        "stand": stand,
        "version": stand.version if stand else 0,
        "is_off": bool(query) and stand is None,
        "stance": stance,
        "stance_icon": STANCE_ICONS[stance],
        "roles": [(role, ROLE_ICONS[role]) for role in (stand.roles if stand else []) if role in ROLE_ICONS],
        "is_key": one.state.is_key_player,
        "is_placed": one.is_placed,
        "x": MARGIN + STEP_X * (stand.column or 0) if stand else 0,
        "y": MARGIN + STEP_Y * (stand.row or 0) if stand else 0,
        "column": stand.column if stand else None,
        "row": stand.row if stand else None,
        "touches": one.touches,
        "last_touch": one.last_touch,
        "edit": edit,
        "place": reverse("person_place", args=[account.pk, one.contact.pk]) + query,
    }


def _say_lines(told: PeopleMap, cards: list[Card]) -> None:
    """To each card whom they sway and with whom they are at odds, for the list."""
    sways: defaultdict[int, list[str]] = defaultdict(list)
    odds: defaultdict[int, list[str]] = defaultdict(list)
    for one in told.lines:
        if one.kind == "influence":
            sways[one.source_id].append(one.target.name)
        else:
            odds[one.source_id].append(one.target.name)
            odds[one.target_id].append(one.source.name)
    for card in cards:
        card["sways"], card["odds"] = sways[card["pk"]], odds[card["pk"]]


def _lines(told: PeopleMap, placed: Mapping[int, Card]) -> list[Card]:
    """Reporting lines, influence and conflict between the cards on the map."""
    pairs = [
        (one.relation.reports_to_id, one.contact.pk, "reports")
        for one in told.people
        if one.relation is not None and one.relation.reports_to_id is not None
    ]
    pairs += [(one.source_id, one.target_id, one.kind) for one in told.lines]
    found = []
    for source, target, kind in pairs:
        if source in placed and target in placed:
            ends = _ends(placed[source], placed[target], aside=0 if kind == "reports" else ASIDE)
            is_tied = placed[source]["tie"] is not None or placed[target]["tie"] is not None
            found.append({"kind": kind, "source": source, "target": target, "is_tied": is_tied, **ends})
    return found


def _ends(first: Card, second: Card, *, aside: int) -> dict[str, int]:
    """From edge to edge of two cards; `aside` of the middle, so that two lines do not lie on each other."""
    if first["y"] == second["y"]:
        is_left = first["x"] < second["x"]
        y = first["y"] + HEIGHT // 2 + aside // 2
        return {
            "x1": first["x"] + WIDTH * is_left,
            "y1": y,
            "x2": second["x"] + WIDTH * (not is_left),
            "y2": y,
        }
    is_above = first["y"] < second["y"]
    middle = WIDTH // 2 + aside
    return {
        "x1": first["x"] + middle,
        "y1": first["y"] + HEIGHT * is_above,
        "x2": second["x"] + middle,
        "y2": second["y"] + HEIGHT * (not is_above),
    }
