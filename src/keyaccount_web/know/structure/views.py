"""The tab of the people: a map of influence, the list that a phone shows, and the forms of a person (K2)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.know.relations import STANCES
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.know.merged import leads_on
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.needs.services import single_voices
from keyaccount_web.know.record_kit import (
    account_of,
    contact_chosen,
    form_page,
    history_of,
    owner_chosen,
)
from keyaccount_web.know.structure import arranging, services
from keyaccount_web.know.structure.departments import departments_of
from keyaccount_web.know.structure.drawing import ROLE_ICONS, STANCE_ICONS, drawn
from keyaccount_web.know.structure.forms import RelationForm, StandForm
from keyaccount_web.know.structure.models import Influence, InfluenceMap, Tie
from keyaccount_web.know.structure.reading import name_for, people_map, stand_on
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang


@require_GET
@leads_on
def account_people(request: Request, pk: int) -> HttpResponse:
    """A map at a glance, what is missing, everybody as a list, the departments, and those of other customers."""
    account = account_of(request, pk)
    chosen = map_asked(request, account)
    needs = 0 if chosen else len(single_voices([pk]).get(pk, []))
    told = people_map(account, chosen, single_needs=needs, reader=request.user)
    own = [one.contact for one in told.people if one.tie is None]
    return render(
        request,
        "structure/people.html",
        {
            **account_context(request, account, "account_people"),
            **drawn(told, account),
            "told": told,
            "known": len(told.on_it),
            "maps": account.maps.all(),
            "chosen": chosen,
            "departments": departments_of(account, own),
            "warnings": [one.text(lang()) for one in told.told.warnings],
            "light": message(f"people.light.{told.told.light}", lang()),
            "stances": [(one, STANCE_ICONS[one]) for one in (*STANCES, "")],
            "roles": list(ROLE_ICONS.items()),
            "ties": [_tie(one, told.seen) for one in told.ties],
        },
    )


def map_asked(request: Request, account: Account) -> InfluenceMap | None:
    """The topic's map that the address names; None: the standing one. Raises Http404 for one that there is not."""
    asked = request.GET.get("map", "") or request.POST.get("map", "")
    if not asked:
        return None
    return get_object_or_404(account.maps, pk=int(asked) if asked.isdecimal() and len(asked) < 19 else 0)


def people_url(account: Account, chosen: InfluenceMap | None) -> str:
    return reverse("account_people", args=[account.pk]) + (f"?map={chosen.pk}" if chosen else "")


def _tie(one: Tie, seen: set[int]) -> dict[str, Any]:
    account = one.contact.account
    return {
        "record": one,
        "stance_icon": STANCE_ICONS[one.stance],
        "roles": [(role, ROLE_ICONS[role]) for role in one.roles if role in ROLE_ICONS],
        "account": account,
        "is_seen": account.pk in seen,
    }


def relation(request: Request, pk: int, contact_id: int) -> HttpResponse:
    """The form of one person: of the account's own on the standing map, or of anybody on a topic's."""
    account = account_of(request, pk, to_edit=True)
    chosen = map_asked(request, account)
    contact = get_object_or_404(services.members_of(account), pk=contact_id)
    if chosen is None and contact.account_id != account.pk:
        tie = get_object_or_404(account.ties, contact=contact)
        return redirect("people_tie", pk, tie.pk)
    record = stand_on(account, chosen, contact)
    names = services.ON_A_MAP if chosen else services.FIELDS
    initial: dict[str, Any] = {"version": 0}
    if record is not None:
        initial = {name: getattr(record, name) for name in (*names, "version")}
        initial["covered_by"] = str(record.covered_by_id or "")
        if chosen is None:
            initial["reports_to"] = str(record.reports_to_id or "")  # type: ignore[attr-defined]  # a Relation
    posted = request.POST or None
    form: StandForm = (
        StandForm(posted, initial=initial, account=account)
        if chosen
        else RelationForm(posted, initial=initial, contact=contact)
    )
    back = people_url(account, chosen)

    def keep(told: dict[str, Any]) -> str:
        version = told.pop("version", None)
        told["covered_by"] = (
            owner_chosen(account, told["covered_by"], request.user) if told["covered_by"] else None
        )
        if chosen is not None:
            services.keep_stand(chosen, contact, version=version, values=told)
        else:
            told["reports_to"] = contact_chosen(account, told["reports_to"])
            services.keep_relation(contact, version=version, values=told)
        return f"{back}#person-{contact.pk}"

    plain = [name for name in names if name not in ("reports_to", "covered_by")]
    return form_page(
        request,
        form,
        account=account,
        title="people.edit",
        sentence=" · ".join([name_for(request.user, account, contact), *([chosen.name] if chosen else [])]),
        back=back,
        save=keep,
        record=record,
        remove=f"{reverse('person_leave', args=[pk, contact.pk])}?map={chosen.pk}"
        if chosen and record
        else "",
        more={"history": history_of(record, plain, "people", **shown())} if record is not None else {},
    )


def shown() -> dict[str, Callable[[Any], str]]:
    """How the history tells what somebody is."""
    told: dict[str, Callable[[Any], str]] = {
        name: partial(_named, name) for name in ("stance", "political", "front_line")
    }
    told["roles"] = lambda value: "、".join(message(f"people.roles.{one}", lang()) for one in value) or "—"
    return told


def _named(name: str, value: str) -> str:
    return message(f"people.{name}.{value}", lang()) if value else "—"


@require_POST
def leave(request: Request, pk: int, contact_id: int) -> HttpResponse:
    """Off a topic's map; on the others they stay."""
    account = account_of(request, pk, to_edit=True)
    chosen = map_asked(request, account)
    if chosen is None:
        return HttpResponseBadRequest()
    services.leave_map(chosen, get_object_or_404(services.members_of(account), pk=contact_id))
    messages.success(request, message("record.removed", lang()))
    return redirect(people_url(account, chosen))


@require_POST
def place(request: Request, pk: int, contact_id: int) -> HttpResponse:
    """Where the map's own script puts a card; an empty column parks it."""
    account = account_of(request, pk, to_edit=True)
    chosen = map_asked(request, account)
    contact = get_object_or_404(services.members_of(account), pk=contact_id)
    told = [request.POST.get(name, "") for name in ("column", "row", "version")]
    if not all(one == "" or (one.isdecimal() and len(one) < 6) for one in told):
        return HttpResponseBadRequest()
    column, row, version = (int(one) if one else None for one in told)
    try:
        held = services.place(contact, column, row, version=version, account=account, chosen=chosen)
    except KeyAccountError as error:
        return JsonResponse({"problem": error.text(lang())}, status=409)
    return JsonResponse({"version": held.version})


@require_POST
def arrange(request: Request, pk: int) -> HttpResponse:
    """By the reporting lines."""
    account = account_of(request, pk, to_edit=True)
    chosen = map_asked(request, account)
    n = arranging.arrange(account, chosen)
    messages.success(request, message("people.arranged", lang(), n=n))
    return redirect(people_url(account, chosen))


@require_POST
def draw(request: Request, pk: int) -> HttpResponse:
    """A line of influence or conflict; the same again takes it away."""
    account = account_of(request, pk, to_edit=True)
    chosen = map_asked(request, account)
    ends = [_end(account, request.POST.get(name, "")) for name in ("source", "target")]
    kind = request.POST.get("kind", "")
    if None in ends or kind not in Influence.Kind.values:
        messages.error(request, message("people.choose_two", lang()))
        return redirect(people_url(account, chosen))
    try:
        services.draw(ends[0], ends[1], kind, account=account, chosen=chosen)  # type: ignore[arg-type]
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    return redirect(people_url(account, chosen))


def _end(account: Account, text: str) -> Contact | None:
    """Whom a form named, of the account's people and those tied to it."""
    if not text.isdecimal() or len(text) > 18:
        return None
    return services.members_of(account).filter(pk=int(text)).first()
