"""What may be given to whom, who agreed, and what stands in the register? (R3)"""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.urls import reverse

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.approvals import services as approvals
from keyaccount_web.approvals.kinds import Kind
from keyaccount_web.approvals.models import Approval
from keyaccount_web.company.kinds import words_of
from keyaccount_web.company.presets import settings_of
from keyaccount_web.know.events.models import Gift
from keyaccount_web.know.events.services import digest_of
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.record_kit import RecordError, changed, of_visible

KIND = "gift"
State = Gift.State
OFFICIAL_WORDS = ("政府", "机关", "军队", "部队", "公安", "法院", "检察", "税务", "海关", "事业单位")
"""In the industry or the name of an account: its people are public officials; a company may add words."""

OFFICIAL_TITLES = (
    "处长",
    "局长",
    "厅长",
    "司长",
    "区长",
    "县长",
    "市长",
    "镇长",
    "乡长",
    "法官",
    "检察官",
    "警官",
    "公务员",
)
"""In the title or the name that a gift is entered for: public offices, of whatever account."""


class GiftError(RecordError):
    """It may not be given."""


def gifts_seen_by(user: User) -> QuerySet[Gift]:
    return of_visible(Gift.objects.all(), user).select_related(
        "contact", "asked_by", "asked_of", "approved_by"
    )


def official_why(
    account: Account, contact: Contact | None, *, recipient: str = "", words: str | None = None
) -> str:
    """The word for which somebody counts as a public official although nobody ticked it; empty: none.

    By the account's industry or name, the person's title, and what an earlier entry of the register says of them.
    """
    words = settings_of("gifts.")["official_words"] if words is None else words
    for word in (*OFFICIAL_WORDS, *words_of(words)):
        if word in account.industry or word in account.name:
            return word
    titles = [contact.title] if contact else []
    if contact is None and account.pk:
        titles = list(account.contacts.filter(name=recipient).values_list("title", flat=True))
    told = " ".join((recipient, *titles))
    for title in OFFICIAL_TITLES:
        if title in told:
            return title
    if _given_to(account, contact, recipient).filter(is_official=True).exists():
        return contact.name if contact else recipient
    return ""


def _given_to(account: Account, contact: Contact | None, recipient: str) -> QuerySet[Gift]:
    """What the register has for one person, also where it was entered for them by name alone."""
    if account.pk is None:
        return Gift.objects.none()
    who = Q(recipient=recipient)
    if contact is not None:
        who = Q(contact=None, recipient=contact.name) | (Q(contact=contact) if contact.pk else Q())
    return Gift.objects.filter(who, account=account)


def given_this_year(account: Account, contact: Contact | None, recipient: str, on: dt.date) -> Decimal:
    """What one person has been given, or may be given, in the calendar year [company currency]."""
    rows = (
        _given_to(account, contact, recipient)
        .filter(on__year=on.year)
        .exclude(state__in=(State.REFUSED, State.DROPPED))
    )
    return rows.aggregate(total=Sum("value"))["total"] or Decimal(0)


def checked_gift(
    *,
    account: Account,
    contact: Contact | None,
    recipient: str,
    is_official: bool,
    kind: str,
    what: str,
    value: Decimal,
    on: dt.date,
    consent: str,
) -> tuple[dict[str, Any], bool]:
    """The fields of an entry but its state and who asked, and whether a second pair of eyes is needed.

    Raises GiftError `gift.official` (public officials: nothing of any value), `gift.over_each`, `gift.no_consent`,
    `gift.no_recipient`. The year's limit is for `check_year`.
    """
    limits = settings_of("gifts.")
    recipient = recipient.strip() or (contact.name if contact else "")
    if not recipient:
        raise GiftError("gift.no_recipient")
    word = official_why(account, contact, recipient=recipient, words=limits["official_words"])
    if value > 0 and (is_official or word):
        code = "gift.official" if word else "gift.official_ticked"
        raise GiftError(code, who=recipient, why=word, value=value)
    if value > limits[f"{kind}_most"]:
        raise GiftError("gift.over_each", value=value, most=limits[f"{kind}_most"])
    if value >= limits["consent_from"] and not consent.strip():
        raise GiftError("gift.no_consent", value=value, least=limits["consent_from"])
    values = {
        "account": account,
        "contact": contact,
        "recipient": recipient,
        "is_official": is_official or bool(word),
        "kind": kind,
        "what": what.strip(),
        "value": value,
        "on": on,
        "consent": consent.strip(),
    }
    return values, bool(value >= limits["approve_from"])


def check_year(values: dict[str, Any], also: Decimal = Decimal(0)) -> None:
    """That the entry keeps within what one person may be given in a year; `also`: what comes beside the register.

    Raises GiftError `gift.over_year`.
    """
    before = also + given_this_year(values["account"], values["contact"], values["recipient"], values["on"])
    most = settings_of("gifts.")["year_most"]
    if before + values["value"] > most:
        raise GiftError("gift.over_year", before=before, value=values["value"], most=most)


def register_gift(
    *,
    by: User,
    account: Account,
    contact: Contact | None,
    recipient: str,
    is_official: bool,
    kind: str,
    what: str,
    value: Decimal,
    on: dt.date,
    consent: str = "",
    of: User | None = None,
    reason: str = "",
    helper: User | None = None,
) -> Gift:
    """Enter a gift, an invitation or an award before it is given; what needs a second pair of eyes waits for `of`.

    Raises GiftError as `checked_gift` and `check_year`, `gift.no_approver`; ApprovalError.
    """
    values, needs_approval = checked_gift(
        account=account,
        contact=contact,
        recipient=recipient,
        is_official=is_official,
        kind=kind,
        what=what,
        value=value,
        on=on,
        consent=consent,
    )
    if needs_approval and of is None:
        raise GiftError("gift.no_approver", value=value, least=settings_of("gifts.")["approve_from"])
    with transaction.atomic():
        # Two entries for one person at once would each see the year without the other.
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        check_year(values)
        gift = Gift.objects.create(
            **values,
            state=State.ASKED if needs_approval else State.APPROVED,
            asked_by=by,
            asked_of=of if needs_approval else None,
        )
        if needs_approval and of is not None:
            approvals.ask(
                KIND,
                gift.pk,
                by=by,
                of=of,
                reason=reason,
                code="gift.approval",
                values={
                    "what": gift.what,
                    "recipient": gift.recipient,
                    "value": str(value),
                    "account": account.name,
                },
                helper=helper,
            )
    return gift


def give(gift: Gift, *, version: int | None = None) -> Gift:
    """It was given. Raises GiftError `gift.not_approved`."""
    return _end(gift, State.GIVEN, version)


def drop(gift: Gift, *, version: int | None = None) -> Gift:
    """It is not given after all, and no longer counts. Raises GiftError `gift.not_approved`."""
    return _end(gift, State.DROPPED, version)


def _end(gift: Gift, state: str, version: int | None) -> Gift:
    with transaction.atomic():
        if Gift.objects.values_list("state", flat=True).get(pk=gift.pk) != State.APPROVED:
            raise GiftError("gift.not_approved")
        return changed(gift, version, {"state": state})


def _digest(pk: int) -> str | None:
    one = Gift.objects.filter(pk=pk).first()
    if one is None:
        return None
    names = ("recipient", "kind", "what", "consent")
    told: dict[str, Any] = {name: getattr(one, name) for name in names}
    return digest_of({**told, "value": str(one.value.normalize()), "on": str(one.on)})


def _decided(state: str) -> Any:
    def move(approval: Approval) -> None:
        decider = approval.decided_by if state == State.APPROVED else None
        changed(Gift.objects.get(pk=approval.subject_id), None, {"state": state, "approved_by": decider})

    return move


GIFT_KIND = Kind(
    KIND,
    Right.APPROVE_SPENDING,
    digest=_digest,
    url=lambda pk: reverse("gift", args=[pk]),
    seen=gifts_seen_by,
    granted=_decided(State.APPROVED),
    closed=_decided(State.REFUSED),
)
