"""Endpoints of an account's team."""

from datetime import date, timedelta
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from ninja import Field, Router, Schema, Status

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Done, Id, Input, Named, named, needs, one_of
from keyaccount_web.know import team
from keyaccount_web.know.models import TeamMember
from keyaccount_web.know.team_views import colleague_called

router = Router(tags=["accounts"])


class MemberIn(Input):
    """A colleague's place on a team."""

    user: str = Field(min_length=1, max_length=150, description="User name, or name.")
    part: Literal["collaborator", "executive_sponsor", "service"] = "collaborator"
    since: date
    until: date | None = None


class MemberOut(Schema):
    """A colleague on an account's team, today or once."""

    id: int
    account: Named
    user: Named
    part: str
    since: date
    until: date | None


def _out(one: TeamMember) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in ("id", "part", "since", "until")}
    return {**told, "account": named(one.account), "user": named(one.user)}


def _choosers_only(request: ApiRequest) -> None:
    if not team.may_choose_team(request.user):
        raise PermissionDenied


@router.get(
    "/accounts/{account_id}/team", auth=needs("read"), response=list[MemberOut], summary="Who serves it"
)
def list_team(request: ApiRequest, account_id: Id) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    return [_out(one) for one in team.members_seen_by(request.user).filter(account=account)]


@router.post(
    "/accounts/{account_id}/team",
    auth=needs("write"),
    response={201: MemberOut},
    summary="Put a colleague on its team",
)
def add_to_team(request: ApiRequest, account_id: Id, told: MemberIn) -> Any:
    """Who is on the team sees the account. A sponsor must be an executive or the sales director."""
    account = one_of(visible_accounts(request.user), account_id)
    _choosers_only(request)
    place = team.Place(colleague_called(told.user), told.part, told.since, told.until)
    return Status(201, _out(team.add_member(account, place)))


@router.delete("/team/{member_id}", auth=needs("write"), response=Done, summary="Take somebody off a team")
def take_off_team(request: ApiRequest, member_id: Id) -> Any:
    """From today; the place of before stays in the history."""
    member = one_of(team.members_seen_by(request.user), member_id)
    _choosers_only(request)
    team.end_member(member, timezone.localdate() - timedelta(days=1))
    return Done()
