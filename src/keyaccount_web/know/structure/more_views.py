"""The forms beside the map of the people: those of other customers, maps of topics, departments (K2)."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.models import Contact
from keyaccount_web.know.record_kit import RecordError, account_of, form_page, history_of, owner_chosen
from keyaccount_web.know.structure import departments, maps, services
from keyaccount_web.know.structure.forms import DepartmentForm, MapForm, TieForm
from keyaccount_web.know.structure.reading import nameless
from keyaccount_web.know.structure.views import people_url, shown
from keyaccount_web.shell.templatetags.pages import lang

TIE = ("title", "roles", "stance", "political", "since", "until")
DEPARTMENT = ("name", "parent", "order", "note")


def tie(request: Request, pk: int, tie_id: int | None = None) -> HttpResponse:
    """A form to say that somebody of another customer's counts here, too."""
    account = account_of(request, pk, to_edit=True)
    held = (
        get_object_or_404(account.ties.select_related("contact__account"), pk=tie_id)
        if tie_id is not None
        else None
    )
    initial = {name: getattr(held, name) for name in (*TIE, "version")} if held else {}
    called = ""
    if held is not None:
        # Who may not see the other customer is not told which it is.
        sees = visible_accounts(request.user).filter(pk=held.contact.account_id).exists()
        called = initial["person"] = _called(held.contact) if sees else nameless(held)
        initial["covered_by"] = str(held.covered_by_id or "")
    form = TieForm(request.POST or None, initial=initial, account=account)

    def keep(told: dict[str, Any]) -> str:
        person = told.pop("person")
        contact = held.contact if held is not None and person == called else _person_called(request, person)
        told["covered_by"] = (
            owner_chosen(account, told["covered_by"], request.user) if told["covered_by"] else None
        )
        services.keep_tie(account=account, contact=contact, record=held, **told)
        return f"{people_url(account, None)}#ties"

    return form_page(
        request,
        form,
        account=account,
        title="tie.change" if held else "tie.new",
        sentence=message("tie.hint", lang()),
        back=f"{people_url(account, None)}#ties",
        save=keep,
        record=held,
        remove=reverse("people_tie_remove", args=[pk, held.pk]) if held else "",
        more={"history": history_of(held, TIE, "tie", **shown())} if held is not None else {},
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


def topic_map(request: Request, pk: int, map_id: int | None = None) -> HttpResponse:
    """A form to begin a topic's map, or to rename it."""
    account = account_of(request, pk, to_edit=True)
    held = get_object_or_404(account.maps, pk=map_id) if map_id is not None else None
    initial = {"name": held.name, "version": held.version} if held else {"is_copy": True}
    form = MapForm(request.POST or None, initial=initial)
    if held is not None:
        del form.fields["is_copy"]

    def keep(told: dict[str, Any]) -> str:
        if held is not None:
            return people_url(account, maps.rename_map(held, told["name"], version=told["version"]))
        return people_url(account, maps.add_map(account, told["name"], is_copy=told["is_copy"]))

    return form_page(
        request,
        form,
        account=account,
        title="topic_map.change" if held else "topic_map.new",
        sentence=message("topic_map.hint", lang()),
        back=people_url(account, held),
        save=keep,
        record=held,
        remove=reverse("people_map_remove", args=[pk, held.pk]) if held else "",
        more={"history": history_of(held, ("name",), "topic_map")} if held is not None else {},
    )


@require_POST
def map_remove(request: Request, pk: int, map_id: int) -> HttpResponse:
    """The people stay, and so does the standing map."""
    account = account_of(request, pk, to_edit=True)
    maps.remove_map(get_object_or_404(account.maps, pk=map_id))
    messages.success(request, message("record.removed", lang()))
    return redirect("account_people", pk)


def department(request: Request, pk: int, department_id: int | None = None) -> HttpResponse:
    """A form of a department; `?name=` begins the record of one that people's files name already."""
    account = account_of(request, pk, to_edit=True)
    held = get_object_or_404(account.departments, pk=department_id) if department_id is not None else None
    name = held.name if held else request.GET.get("name", "")[:60]
    others = [one.name for one in departments.departments_of(account) if one.name != name]
    sitting = list(account.contacts.filter(department=name).values_list("pk", flat=True)) if name else []
    initial: dict[str, Any] = {
        "name": name,
        "people": [str(one) for one in sitting],
        "sat": departments.told_seats(sitting),
    }
    if held is not None:
        initial |= {one: getattr(held, one) for one in (*DEPARTMENT, "version")}
    form = DepartmentForm(request.POST or None, initial=initial, account=account, others=others)
    back = f"{people_url(account, None)}#departments"

    def keep(told: dict[str, Any]) -> str:
        ticked = Q(pk__in=[int(one) for one in told["people"]])
        sat = told["sat"]
        if held is None and told["name"] != name:
            # Whoever typed the name has not seen who sits there by their own file: they stay.
            ticked, sat = ticked | Q(department=told["name"]), None
        departments.keep_department(
            account,
            values={one: told[one] for one in DEPARTMENT},
            record=held,
            version=told["version"],
            people=account.contacts.filter(ticked),
            sat=sat,
        )
        return back

    return form_page(
        request,
        form,
        account=account,
        title="client_department.change" if held else "client_department.new",
        sentence=message("client_department.hint", lang()),
        back=back,
        save=keep,
        record=held,
        remove=reverse("people_department_remove", args=[pk, held.pk]) if held else "",
        more={"history": history_of(held, DEPARTMENT, "client_department")} if held is not None else {},
    )


@require_POST
def department_remove(request: Request, pk: int, department_id: int) -> HttpResponse:
    """Only where nobody sits; those below come under the one above."""
    account = account_of(request, pk, to_edit=True)
    held = get_object_or_404(account.departments.select_related("account"), pk=department_id)
    try:
        departments.remove_department(held)
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
        return redirect("people_department", pk, department_id)
    messages.success(request, message("record.removed", lang()))
    return redirect(f"{people_url(account, None)}#departments")
