"""How does a plan become a file: internal as the reader may see it, or the customer's, of what is shared and nothing else? (K8)"""

import io
from collections.abc import Iterable

from django.utils import timezone
from PIL import Image

from keyaccount.know.plan_document import (
    CUSTOMER,
    EDITIONS,
    ActionTold,
    CommitmentTold,
    GoalTold,
    PlanDocument,
    ReviewTold,
    RiskTold,
    for_customer,
)
from keyaccount.know.plan_paper import plan_pdf
from keyaccount.know.plan_slides import plan_slides
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.know.models import Account
from keyaccount_web.know.plans.approving import PlanError
from keyaccount_web.know.plans.models import AccountLogo, AccountPlan, Commitment, PlanAction
from keyaccount_web.know.plans.reading import TEXTS, blanks_of, parts_of
from keyaccount_web.know.plans.reckoning import GoalFigures, figures_of
from keyaccount_web.work.about import Subject
from keyaccount_web.work.attachments import attach, path_of
from keyaccount_web.work.models import Attachment

FORMATS = {"pdf": plan_pdf, "pptx": plan_slides}
LOGO_PIXELS = 800
"""Of the longer side, as it is printed."""


def plan_file(plan: AccountPlan, user: User, *, edition: str, ending: str, lang: str) -> bytes:
    """The file: `internal` or `customer`; `pdf` or `pptx`.

    Raises PlanError `account_plan.no_edition`; PaperError.
    """
    if edition not in EDITIONS or ending not in FORMATS:
        raise PlanError("account_plan.no_edition", asked=f"{edition}, {ending}")
    told = document_of(plan, user, lang)
    if edition == CUSTOMER:
        told = for_customer(told)
    return FORMATS[ending](told, lang, logo=logo_of(plan.account))


def document_of(plan: AccountPlan, user: User, lang: str) -> PlanDocument:
    """All of a plan as it stands today, with what is internal."""
    figures = figures_of(plan, user)
    parts = parts_of(plan, [one.goal for one in figures.goals], figures.actions)
    texts = {name: getattr(plan, name).strip() for name in TEXTS}
    return PlanDocument(
        account=plan.account.name,
        year=plan.year,
        until=figures.until,
        printed_on=timezone.localdate(),
        owner=plan.owner.name,
        sales=figures.sales,
        sales_before=figures.sales_before,
        goals=tuple(_goal(one, parts.actions) for one in figures.goals),
        commitments=tuple(_commitment(one) for one in parts.commitments),
        reviews=tuple(
            ReviewTold(
                quarter=one.quarter,
                held_on=one.held_on,
                progress=one.figures["plan"]["progress"],
                decisions=one.decisions,
                next_steps=one.next_steps,
                told_customer=one.told_customer,
            )
            for one in plan.reviews.all()
        ),
        texts={name: text for name, text in texts.items() if text},
        shared=frozenset(plan.shared),
        state=plan.state,
        number=plan.edition,
        progress=figures.standing.progress,
        standing=figures.standing.standing,
        level_now=plan.level_now,
        level_wanted=plan.level_wanted,
        risks=tuple(
            RiskTold(one.what, one.likelihood, one.effect, one.answer, one.owner.name) for one in parts.risks
        ),
        team=(plan.owner.name, *parts.team),
        players=tuple(f"{one.name} {message(f'people.stance.{one.stance}', lang)}" for one in parts.players),
        blanks=tuple(blanks_of(plan, parts)),
    )


def _goal(one: GoalFigures, actions: list[PlanAction]) -> GoalTold:
    goal = one.goal
    return GoalTold(
        name=goal.name,
        measure=goal.measure,
        target=goal.target,
        due=goal.due_on,
        standing=one.standing.standing,
        goods=goal.goods,
        unit=goal.unit,
        base=one.base,
        reached=one.reached,
        expected=one.standing.expected,
        progress=one.standing.progress,
        actions=tuple(
            ActionTold(each.what, each.owner.name, each.due_on, each.state, each.result, each.is_shared)
            for each in actions
            if each.goal_id == goal.pk and each.state != PlanAction.State.DROPPED
        ),
        is_shared=goal.is_shared,
    )


def _commitment(one: Commitment) -> CommitmentTold:
    return CommitmentTold(
        what=one.what,
        topic=one.topic,
        side=one.side,
        due=one.due_on,
        state=one.state,
        measure=one.measure,
        their_word=one.their_word,
        agreed_by=one.agreed_by.name if one.agreed_by else "",
        agreed_on=one.agreed_on,
        note=one.note,
        is_shared=one.is_shared,
    )


# --- the logo


def logo_of(account: Account) -> bytes | None:
    """The logo as it is printed: a PNG of moderate size, without what else the picture says; None: none, or its content is gone."""
    held = (
        AccountLogo.objects.filter(account=account, picture__removed_at=None)
        .select_related("picture")
        .first()
    )
    if held is None:
        return None
    path = path_of(held.picture.sha256)
    if not path.is_file():
        return None
    with Image.open(path, formats=["PNG", "JPEG"]) as picture:
        shown = picture.convert("RGBA")
    shown.thumbnail((LOGO_PIXELS, LOGO_PIXELS))
    file = io.BytesIO()
    shown.save(file, "PNG")
    return file.getvalue()


def keep_logo(account: Account, *, by: User, name: str, chunks: Iterable[bytes]) -> Attachment:
    """Keep a picture as the account's logo; the one before stays among the account's files.

    Raises AttachmentError; PlanError `account_plan.logo_kind`.
    """
    picture = attach(by, Subject(account), name, chunks)
    if picture.kind not in ("png", "jpeg"):
        picture.delete()
        raise PlanError("account_plan.logo_kind", name=name)
    AccountLogo.objects.update_or_create(account=account, defaults={"picture": picture})
    return picture


def remove_logo(account: Account) -> None:
    """It stays among the account's files."""
    AccountLogo.objects.filter(account=account).delete()
