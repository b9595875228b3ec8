"""The tab of the people: the map of influence, the list that a phone shows, and the forms behind (K2)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.know.relations import POLITICAL, ROLES, STANCES
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.merged import leads_on
from keyaccount_web.know.models import Contact
from keyaccount_web.know.needs.services import single_voices
from keyaccount_web.know.record_kit import (
    RecordError,
    RecordForm,
    account_of,
    contact_chosen,
    day_field,
    form_page,
    history_of,
    owner_choices,
    owner_chosen,
)
from keyaccount_web.know.structure import services
from keyaccount_web.know.structure.models import Influence, Relation, Tie
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang

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


class RelationForm(RecordForm):
    """How a person stands; what is not known stays empty."""

    labels = "people"
    reports_to = forms.ChoiceField(required=False)
    roles = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    stance = forms.ChoiceField(required=False)
    political = forms.ChoiceField(required=False)
    front_line = forms.ChoiceField(required=False)
    covered_by = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = contact.account.contacts.exclude(pk=contact.pk)
        self.choose("reports_to", [(str(one.pk), one.name) for one in others], empty="people.nobody")
        self.choose_value("roles", ROLES)
        self.fields["roles"].widget.attrs.pop("class", None)
        self.choose_value("stance", STANCES, empty="people.not_known")
        self.choose_value("political", POLITICAL, empty="people.not_known")
        self.choose_value("front_line", Relation.FrontLine.values, empty="people.no_front_line")
        self.choose("covered_by", owner_choices(contact.account), empty="people.nobody")


class TieForm(RecordForm):
    """Who of another customer's counts here, too; found by name or telephone among the people that one sees."""

    labels = "tie"
    person = forms.CharField(max_length=100)
    title = forms.CharField(max_length=60, required=False)
    roles = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    stance = forms.ChoiceField(required=False)
    political = forms.ChoiceField(required=False)
    since = day_field(required=False)
    until = day_field(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("roles", [(one, message(f"people.roles.{one}", lang())) for one in ROLES])
        self.fields["roles"].widget.attrs.pop("class", None)
        self.choose(
            "stance",
            [(one, message(f"people.stance.{one}", lang())) for one in STANCES],
            empty="people.not_known",
        )
        self.choose(
            "political",
            [(one, message(f"people.political.{one}", lang())) for one in POLITICAL],
            empty="people.not_known",
        )


def tie(request: Request, pk: int, tie_id: int | None = None) -> HttpResponse:
    """A form to say that somebody of another customer's counts here, too."""
    account = account_of(request, pk, to_edit=True)
    held = (
        get_object_or_404(account.ties.select_related("contact__account"), pk=tie_id)
        if tie_id is not None
        else None
    )
    names = ("title", "roles", "stance", "political", "since", "until")
    initial = {name: getattr(held, name) for name in (*names, "version")} if held else {}
    if held is not None:
        initial["person"] = _called(held.contact)
    form = TieForm(request.POST or None, initial=initial)
    back = f"{reverse('account_people', args=[pk])}#ties"

    def keep(told: dict[str, Any]) -> str:
        person = told.pop("person")
        contact = (
            held.contact
            if held is not None and person == _called(held.contact)
            else _person_called(request, person)
        )
        services.keep_tie(account=account, contact=contact, record=held, **told)
        return back

    more: dict[str, Any] = (
        {"history": history_of(held, names[:1] + names[2:], "tie")} if held is not None else {}
    )
    return form_page(
        request,
        form,
        account=account,
        title="tie.change" if held else "tie.new",
        sentence=message("tie.hint", lang()),
        back=back,
        save=keep,
        record=held,
        remove=reverse("people_tie_remove", args=[pk, held.pk]) if held else "",
        more=more,
    )


def _called(contact: Contact) -> str:
    """As the form names somebody, and `_person_called` finds them again."""
    return f"{contact.name} · {contact.account.name}"


def _person_called(request: Request, text: str) -> Contact:
    """The one person that the reader sees by that name (· account) or telephone. Raises RecordError `people.nobody_called`, `people.several_called`."""
    name, _, account = (part.strip() for part in text.partition("·"))
    rows = Contact.objects.filter(account__in=visible_accounts(request.user)).select_related("account")
    rows = rows.filter(Q(name=name) | Q(phone=name))
    found = list(rows.filter(Q(account__name=account) | Q(account__code=account)) if account else rows[:5])
    if not found:
        raise RecordError("people.nobody_called", name=text)
    if len(found) > 1:
        raise RecordError("people.several_called", names=[_called(one) for one in found])
    return found[0]


@require_POST
def tie_remove(request: Request, pk: int, tie_id: int) -> HttpResponse:
    """It was wrong; its history stays."""
    account = account_of(request, pk, to_edit=True)
    get_object_or_404(account.ties, pk=tie_id).delete()
    messages.success(request, message("record.removed", lang()))
    return redirect("account_people", pk)


@require_GET
@leads_on
def account_people(request: Request, pk: int) -> HttpResponse:
    """The map at a glance, what is missing, and everybody as a list."""
    account = account_of(request, pk)
    told = services.people_map(account, single_needs=len(single_voices([pk]).get(pk, [])))
    cards = [_card(one) for one in told.people]
    placed = {card["pk"]: card for card in cards if card["is_placed"]}
    seen = _seen(request, told.ties)
    wide = max((card["x"] for card in placed.values()), default=0) + STEP_X
    high = max((card["y"] for card in placed.values()), default=0) + STEP_Y
    return render(
        request,
        "structure/people.html",
        {
            **account_context(request, account, "account_people"),
            "told": told,
            "warnings": [one.text(lang()) for one in told.told.warnings],
            "light": message(f"people.light.{told.told.light}", lang()),
            "cards": cards,
            "parked": [card for card in cards if not card["is_placed"]],
            "lines": _lines(told, placed),
            "wide": max(wide, 3 * STEP_X),
            "high": max(high, 2 * STEP_Y),
            "card": {"width": WIDTH, "height": HEIGHT},
            "steps": {"x": STEP_X, "y": STEP_Y, "margin": MARGIN},
            "stances": [(one, STANCE_ICONS[one]) for one in (*STANCES, "")],
            "roles": list(ROLE_ICONS.items()),
            "ties": [_tie(one, seen) for one in told.ties],
        },
    )


def _seen(request: Request, ties: list[Tie]) -> set[int]:
    """The accounts of tied people that the reader may open."""
    ids = {one.contact.account_id for one in ties}
    return (
        set(visible_accounts(request.user).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    )


def _tie(one: Tie, seen: set[int]) -> dict[str, Any]:
    account = one.contact.account
    return {
        "record": one,
        "stance_icon": STANCE_ICONS[one.stance],
        "roles": [(role, ROLE_ICONS[role]) for role in one.roles if role in ROLE_ICONS],
        "account": account,
        "is_seen": account.pk in seen,
    }


def _card(one: services.Person) -> dict[str, Any]:
    relation = one.relation
    stance = relation.stance if relation else ""
    return {
        "pk": one.contact.pk,
        "contact": one.contact,
        "relation": relation,
        "version": relation.version if relation else "",
        "stance": stance,
        "stance_icon": STANCE_ICONS[stance],
        "roles": [
            (role, ROLE_ICONS[role]) for role in (relation.roles if relation else []) if role in ROLE_ICONS
        ],
        "is_key": one.state.is_key_player,
        "is_placed": one.is_placed,
        "x": MARGIN + STEP_X * (relation.column or 0) if relation else 0,
        "y": MARGIN + STEP_Y * (relation.row or 0) if relation else 0,
        "column": relation.column if relation else None,
        "row": relation.row if relation else None,
        "touches": one.touches,
        "last_touch": one.last_touch,
    }


def _lines(told: services.PeopleMap, placed: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
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
            found.append({"kind": kind, "source": source, "target": target, **ends})
    return found


def _ends(first: dict[str, Any], second: dict[str, Any], *, aside: int) -> dict[str, int]:
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


def relation(request: Request, pk: int, contact_id: int) -> HttpResponse:
    """The form of one person."""
    account = account_of(request, pk, to_edit=True)
    contact = get_object_or_404(account.contacts, pk=contact_id)
    record = Relation.objects.filter(contact=contact).first()
    initial: dict[str, Any] = {}
    if record is not None:
        initial = {
            "version": record.version,
            "reports_to": str(record.reports_to_id or ""),
            "covered_by": str(record.covered_by_id or ""),
            **{name: getattr(record, name) for name in ("roles", "stance", "political", "front_line")},
        }
    form = RelationForm(request.POST or None, initial=initial, contact=contact)
    back = reverse("account_people", args=[pk])

    def keep(told: dict[str, Any]) -> str:
        version = told.pop("version", None)
        told["reports_to"] = contact_chosen(account, told["reports_to"])
        told["covered_by"] = (
            owner_chosen(account, told["covered_by"], request.user) if told["covered_by"] else None
        )
        services.keep_relation(contact, version=version, values=told)
        return f"{back}#person-{contact.pk}"

    more: dict[str, Any] = {}
    if record is not None:
        names = [name for name in services.FIELDS if name not in ("reports_to", "covered_by")]
        shown: dict[str, Callable[[Any], str]] = {
            name: partial(_named, name) for name in ("stance", "political", "front_line")
        }
        shown["roles"] = lambda value: (
            "、".join(message(f"people.roles.{one}", lang()) for one in value) or "—"
        )
        more["history"] = history_of(record, names, "people", **shown)
    return form_page(
        request,
        form,
        account=account,
        title="people.edit",
        sentence=contact.name,
        back=back,
        save=keep,
        record=record,
        more=more,
    )


def _named(name: str, value: str) -> str:
    return message(f"people.{name}.{value}", lang()) if value else "—"


@require_POST
def place(request: Request, pk: int, contact_id: int) -> HttpResponse:
    """Where the map's own script puts a card; an empty column parks it."""
    account = account_of(request, pk, to_edit=True)
    contact = get_object_or_404(account.contacts, pk=contact_id)
    told = [request.POST.get(name, "") for name in ("column", "row", "version")]
    if not all(one == "" or (one.isdecimal() and len(one) < 6) for one in told):
        return HttpResponseBadRequest()
    column, row, version = (int(one) if one else None for one in told)
    try:
        held = services.place(contact, column, row, version=version)
    except KeyAccountError as error:
        return JsonResponse({"problem": error.text(lang())}, status=409)
    return JsonResponse({"version": held.version})


@require_POST
def arrange(request: Request, pk: int) -> HttpResponse:
    """By the reporting lines."""
    account = account_of(request, pk, to_edit=True)
    n = services.arrange(account)
    messages.success(request, message("people.arranged", lang(), n=n))
    return redirect("account_people", pk)


@require_POST
def draw(request: Request, pk: int) -> HttpResponse:
    """A line of influence or conflict; the same again takes it away."""
    account = account_of(request, pk, to_edit=True)
    ends = [contact_chosen(account, request.POST.get(name)) for name in ("source", "target")]
    kind = request.POST.get("kind", "")
    if None in ends or kind not in Influence.Kind.values:
        messages.error(request, message("people.choose_two", lang()))
        return redirect("account_people", pk)
    try:
        services.draw(ends[0], ends[1], kind)  # type: ignore[arg-type]
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    return redirect("account_people", pk)
