"""Which roles are there, and what does each allow? (design, "Scope"; issue: roles)"""

from dataclasses import dataclass

from django.db import models


class Reach(models.TextChoices):
    """How far a post sees from its unit."""

    NONE = "none"
    OWN = "own"
    TEAM = "team"
    SUBTREE = "subtree"
    ALL = "all"


class Role(models.TextChoices):
    """What somebody does here."""

    DIRECTOR = "director"
    DEPARTMENT_HEAD = "department_head"
    MANAGER = "manager"
    EXECUTIVE = "executive"
    PLANNER = "planner"
    SERVICE_DESK = "service_desk"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"


class Right(models.TextChoices):
    """What a role may do beyond seeing its accounts."""

    COMPANY_FIGURES = "figures.company"
    RUN = "runs.start"
    PUBLISH = "runs.make_current"
    EDIT_ACCOUNTS = "accounts.edit"
    ASSIGN = "accounts.assign"
    MERGE = "accounts.merge"
    MANAGE_USERS = "users.manage"
    MANAGE_SETTINGS = "settings.manage"
    IMPORT = "ledger.import"
    SHARE_VIEWS = "views.share"
    REVIEW_LIST = "list.review"
    AUDIT = "audit.read"
    APPROVE_SPENDING = "spending.approve"
    """Support of a customer's events, gifts, hospitality: the second pair of eyes."""
    APPROVE_PLANS = "plans.approve"
    """The yearly plan of an account: the second pair of eyes."""


@dataclass(frozen=True)
class RoleRules:
    """What comes with a role; a post may reach less or further."""

    reach: Reach
    rights: frozenset[Right]


RULES: dict[Role, RoleRules] = {
    Role.DIRECTOR: RoleRules(
        Reach.ALL,
        frozenset(
            {
                Right.COMPANY_FIGURES,
                Right.RUN,
                Right.PUBLISH,
                Right.EDIT_ACCOUNTS,
                Right.ASSIGN,
                Right.MERGE,
                Right.IMPORT,
                Right.SHARE_VIEWS,
                Right.REVIEW_LIST,
                Right.MANAGE_SETTINGS,
                Right.AUDIT,
                Right.APPROVE_SPENDING,
                Right.APPROVE_PLANS,
            }
        ),
    ),
    Role.DEPARTMENT_HEAD: RoleRules(
        Reach.SUBTREE,
        frozenset(
            {
                Right.EDIT_ACCOUNTS,
                Right.ASSIGN,
                Right.MERGE,
                Right.SHARE_VIEWS,
                Right.REVIEW_LIST,
                Right.APPROVE_SPENDING,
                Right.APPROVE_PLANS,
            }
        ),
    ),
    Role.MANAGER: RoleRules(Reach.OWN, frozenset({Right.EDIT_ACCOUNTS})),
    Role.EXECUTIVE: RoleRules(Reach.OWN, frozenset({Right.COMPANY_FIGURES})),
    Role.PLANNER: RoleRules(Reach.SUBTREE, frozenset()),
    Role.SERVICE_DESK: RoleRules(Reach.SUBTREE, frozenset({Right.EDIT_ACCOUNTS})),
    Role.ANALYST: RoleRules(
        Reach.ALL,
        frozenset({Right.COMPANY_FIGURES, Right.RUN, Right.IMPORT, Right.SHARE_VIEWS, Right.REVIEW_LIST}),
    ),
    # Runs the system, not the business: sees people and posts, no customer.
    Role.ADMINISTRATOR: RoleRules(
        Reach.NONE, frozenset({Right.MANAGE_USERS, Right.MANAGE_SETTINGS, Right.AUDIT})
    ),
}
