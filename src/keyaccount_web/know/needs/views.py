"""Pages of needs: an account's tab, one need with its way, and what is expected of delivery (K5)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.know.needs import NEXT, VOICES
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.know.merged import leads_on
from keyaccount_web.know.models import Account
from keyaccount_web.know.needs import services
from keyaccount_web.know.needs.listings import standing_shown
from keyaccount_web.know.needs.models import Expectation, Need
from keyaccount_web.know.provenance import SourcedForm, source_initial, source_of
from keyaccount_web.know.record_kit import (
    RecordForm,
    account_of,
    contact_choices,
    contact_chosen,
    day_field,
    days_since,
    editors_only,
    form_page,
    history_of,
    of_visible,
    owner_choices,
    owner_chosen,
)
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.about import Subject, subject_of

YES_NO = {"": None, "yes": True, "no": False}


class NeedForm(SourcedForm, RecordForm):
    """What, how far, who said it; the source follows from that unless one says otherwise."""

    labels = "need"
    text = forms.CharField(max_length=500)
    topic = forms.ChoiceField()
    standing = forms.ChoiceField()
    contact = forms.ChoiceField(required=False)
    words = forms.CharField(max_length=300, required=False)
    owner = forms.ChoiceField(required=False)
    field_order = ("text", "standing", "topic", "contact", "words", "owner")

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["source"].required = False
        self.choose_value("topic", Need.Topic.values)
        self.choose_value("standing", ["implicit", "explicit"])
        self.choose("contact", contact_choices(account), empty="record.none_chosen")
        self.choose("owner", owner_choices(account))

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if not told.get("source") and not told.get("contact"):
            self.add_error("contact", message("need.who_said", lang()))
        return told


class ChangeNeedForm(NeedForm):
    """Who said it is kept as voices."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("standing", "contact", "words"):
            del self.fields[name]
        self.fields["source"].required = True


class VoiceForm(RecordForm):
    """Somebody else has said it, too."""

    labels = "need"
    contact = forms.ChoiceField()
    said_on = day_field()
    words = forms.CharField(max_length=300, required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("contact", contact_choices(account))


class ExpectationForm(SourcedForm, RecordForm):
    """What the customer expects of delivery; what is not known stays empty."""

    labels = "expectation"
    goods = forms.CharField(max_length=100, required=False)
    lead_days = forms.IntegerField(required=False, min_value=0, max_value=3650)
    lot_size = forms.DecimalField(required=False, min_value=0, max_digits=14, decimal_places=3)
    lot_unit = forms.CharField(max_length=20, required=False)
    lots = forms.IntegerField(required=False, min_value=1, max_value=1000)
    cycle_days = forms.IntegerField(required=False, min_value=1, max_value=3650)
    price = forms.DecimalField(required=False, min_value=0, max_digits=18, decimal_places=4)
    wants_training = forms.ChoiceField(required=False)
    wants_research = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("wants_training", "wants_research"):
            answers = [(value, message(f"record.{value}", lang())) for value in ("yes", "no")]
            self.choose(name, answers, empty="expectation.not_asked")
        self.fields["goods"].widget.attrs["placeholder"] = message("expectation.all_goods", lang())


def need_seen(user: User, pk: int) -> Need:
    return get_object_or_404(services.needs_seen_by(user), pk=pk)


@require_GET
@leads_on
def account_needs(request: Request, pk: int) -> HttpResponse:
    """The tab: what waits first, then the rest, and what is expected of delivery."""
    account = account_of(request, pk)
    rows = list(services.with_voices(account.needs.all()).select_related("owner", "recorded_by"))
    due = services.waiting(rows)
    shown = [_row(one, due) for one in rows]
    shown.sort(key=lambda one: (one["need"].pk not in due, one["need"].standing not in services.OPEN))
    expectations = Expectation.objects.filter(account=account).select_related("recorded_by")
    return render(
        request,
        "needs/account.html",
        {
            **account_context(request, account, "account_needs"),
            "rows": [one for one in shown if one["need"].standing in services.OPEN],
            "closed": [one for one in shown if one["need"].standing not in services.OPEN],
            "due": len(due),
            "expectations": [(one, services.lots_text(one)) for one in expectations],
        },
    )


def _row(need: Need, due: dict[int, Any]) -> dict[str, Any]:
    return {
        "need": need,
        "state": standing_shown(need.standing),
        "why": due[need.pk].reason.text(lang()) if need.pk in due else "",
        "days": days_since(need.moved_on),
        "is_single": need.standing in services.OPEN and need.voices_known < VOICES,  # type: ignore[attr-defined]
    }


def _origin(request: Request, account: Account) -> Subject | None:
    """The record that the form was opened from, where it is one of this account."""
    token = request.GET.get("from", "")
    origin = subject_of(request.user, token) if token else None
    return origin if origin and origin.account.pk == account.pk and origin.record_id else None


def new_need(request: Request, pk: int) -> HttpResponse:
    account = account_of(request, pk, to_edit=True)
    origin = _origin(request, account)
    owner = account.owner or request.user
    initial = source_initial(standing="implicit", owner=owner.pk)
    form = NeedForm(request.POST or None, account=account, initial=initial)

    def save(told: dict[str, Any]) -> str:
        need = services.add_need(
            by=request.user,
            account=account,
            text=told["text"],
            topic=told["topic"],
            standing=told["standing"],
            source=source_of(told),
            contact=contact_chosen(account, told["contact"]),
            words=told["words"],
            owner=owner_chosen(account, told["owner"], request.user),
            origin=origin,
        )
        return services.need_url(need)

    back = reverse("account_needs", args=[pk])
    sentence = message("need.new_sentence", lang())
    return form_page(
        request, form, account=account, title="need.new", sentence=sentence, back=back, save=save
    )


@require_GET
def need(request: Request, pk: int) -> HttpResponse:
    return _page(request, need_seen(request.user, pk))


def _page(
    request: Request,
    told: Need,
    *,
    problem: str = "",
    voice_form: VoiceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    due = services.waiting([told])
    origin = services.origin_of(told)
    names = ("text", "topic", "standing", "moved_on", "proposal", "answer", "source", "permission")
    shown = {
        "topic": lambda value: message(f"need.topic.{value}", lang()),
        "standing": lambda value: message(f"need.standing.{value}", lang()),
        "permission": lambda value: message(f"fact.permission.{value}", lang()),
    }
    return render(
        request,
        "needs/need.html",
        {
            **_row(told, due),
            "account": told.account,
            "steps": NEXT[told.standing],
            "voices": told.voices.select_related("contact", "heard_by"),
            "voice_form": voice_form
            or VoiceForm(account=told.account, initial={"said_on": timezone.localdate()}),
            "origin": origin,
            "about": services.subject_of(told),
            "may_edit": may(request.user, Right.EDIT_ACCOUNTS),
            "history": history_of(told, names, "need", **shown),
            "problem": problem,
            "typed": request.POST.get("text", ""),
        },
        status=status,
    )


def change_need(request: Request, pk: int) -> HttpResponse:
    told = need_seen(request.user, pk)
    editors_only(request)
    names = ("text", "topic", "source_kind", "source", "dated", "permission", "version")
    initial = {name: getattr(told, name) for name in names} | {"owner": told.owner_id}
    form = ChangeNeedForm(request.POST or None, account=told.account, initial=initial)

    def save(values: dict[str, Any]) -> str:
        services.change_need(
            told,
            by=request.user,
            version=values["version"],
            text=values["text"].strip(),
            topic=values["topic"],
            owner=owner_chosen(told.account, values["owner"], told.owner),
            source=source_of(values),
        )
        return services.need_url(told)

    return form_page(
        request,
        form,
        account=told.account,
        title="need.change",
        back=services.need_url(told),
        save=save,
        record=told,
    )


@require_POST
def move_need(request: Request, pk: int) -> HttpResponse:
    """One step on its way."""
    told = need_seen(request.user, pk)
    editors_only(request)
    # A button that says how the customer answered has the step in its address.
    to = request.POST.get("to", "") or request.GET.get("to", "")
    version = request.POST.get("version", "")
    if to not in Need.Standing.values:
        return _page(request, told, status=422)
    try:
        services.move(
            told,
            by=request.user,
            to=to,
            text=request.POST.get("text", "")[:1000],
            is_taken=YES_NO.get(request.POST.get("taken", "")),
            version=int(version) if version.isdecimal() and len(version) < 10 else 0,
        )
    except KeyAccountError as error:
        return _page(request, told, problem=error.text(lang()), status=409)
    messages.success(request, message("record.kept", lang()))
    return redirect("need", pk)


@require_POST
def add_voice(request: Request, pk: int) -> HttpResponse:
    told = need_seen(request.user, pk)
    editors_only(request)
    form = VoiceForm(request.POST, account=told.account)
    if not form.is_valid():
        return _page(request, told, voice_form=form, status=422)
    try:
        services.say_again(
            told,
            by=request.user,
            contact=contact_chosen(told.account, form.cleaned_data["contact"]),
            said_on=form.cleaned_data["said_on"],
            words=form.cleaned_data["words"],
        )
    except KeyAccountError as error:
        form.add_error("said_on", error.text(lang()))
        return _page(request, told, voice_form=form, status=422)
    messages.success(request, message("record.kept", lang()))
    return redirect("need", pk)


def expectation(request: Request, pk: int, expectation_id: int | None = None) -> HttpResponse:
    """A new expectation, or one to change."""
    account = account_of(request, pk, to_edit=True)
    record = None
    initial = source_initial()
    if expectation_id is not None:
        record = get_object_or_404(account.expectations, pk=expectation_id)
        names = (*services.EXPECTED, "source_kind", "source", "dated", "permission", "version")
        initial = {name: getattr(record, name) for name in names}
        for name in ("wants_training", "wants_research"):
            initial[name] = {True: "yes", False: "no"}.get(initial[name], "")
        for name in ("lot_size", "price"):
            initial[name] = None if initial[name] is None else f"{initial[name].normalize():f}"
    form = ExpectationForm(request.POST or None, initial=initial)
    back = reverse("account_needs", args=[pk])

    def save(told: dict[str, Any]) -> str:
        values = {name: told[name] for name in services.EXPECTED}
        values |= {name: YES_NO[told[name]] for name in ("wants_training", "wants_research")}
        services.keep_expectation(
            by=request.user,
            account=account,
            source=source_of(told),
            record=record,
            version=told["version"],
            **values,
        )
        return back

    remove = reverse("expectation_remove", args=[pk, record.pk]) if record else ""
    title = "expectation.change" if record else "expectation.new"
    return form_page(
        request, form, account=account, title=title, back=back, save=save, record=record, remove=remove
    )


@require_POST
def remove_expectation(request: Request, pk: int, expectation_id: int) -> HttpResponse:
    account_of(request, pk, to_edit=True)
    get_object_or_404(
        of_visible(Expectation.objects.all(), request.user), pk=expectation_id, account=pk
    ).delete()
    messages.success(request, message("record.removed", lang()))
    return redirect("account_needs", pk)
