"""Which tabs has an account's page, which facts and deeds its head? Each chapter adds its own from its AppConfig.ready().

add_tab(Tab("work.activity", "account_activity", "message", order=30))
add_fact(list_fact)  # gives Fact(text, url) or None
add_deed(record_touch_deed)  # gives Deed(text, url, icon) or None
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.know.models import Account
from keyaccount_web.runs.services import current_run


@dataclass(frozen=True)
class Tab:
    """One view of an account, at an address that takes its pk."""

    code: str
    """Message code of its name."""
    url_name: str
    order: int
    """Its place in the row, smallest first."""
    is_seen: Callable[[Request, Account], bool] = lambda _request, _account: True


@dataclass(frozen=True)
class Fact:
    """One thing that the head of an account's page says, leading to why."""

    text: str
    """In the reader's language."""
    url: str


@dataclass(frozen=True)
class Deed:
    """What can be done with an account from wherever one stands in its file."""

    text: str
    """In the reader's language."""
    url: str
    icon: str


_tabs: dict[str, Tab] = {}
_deeds: list[Callable[[Request, Account], Deed | None]] = []
_facts: list[Callable[[Request, Account], Fact | None]] = []
_joined: list[str] = []


def add_tab(tab: Tab) -> None:
    """Adding it again replaces it."""
    _tabs[tab.url_name] = tab


def add_fact(fact: Callable[[Request, Account], Fact | None], *, joins: str = "") -> None:
    """Adding it again changes nothing. None: there is nothing to say of an account. `joins`: what the fact reads of the account,
    fetched along with it."""
    if fact not in _facts:
        _facts.append(fact)
    if joins and joins not in _joined:
        _joined.append(joins)


def with_head(accounts: QuerySet[Account]) -> QuerySet[Account]:
    """The accounts with what the head of their page tells, in the same query."""
    return accounts.select_related("owner", "unit", "parent", "figures", *_joined)


def add_deed(deed: Callable[[Request, Account], Deed | None]) -> None:
    """Adding it again changes nothing. None: this reader may not."""
    if deed not in _deeds:
        _deeds.append(deed)


def account_context(request: Request, account: Account, here: str) -> dict[str, Any]:
    """What `know/account_base.html` needs: the account, its head, the tabs; `here` is the url_name of the tab shown.

    `account` should come from `with_head(visible_accounts(user))`.
    """
    return {
        "account": account,
        "figures": getattr(account, "figures", None),
        "current_run": current_run(),
        "tabs": sorted(
            (tab for tab in _tabs.values() if tab.is_seen(request, account)), key=lambda tab: tab.order
        ),
        "here": here,
        "facts": [fact for make in _facts if (fact := make(request, account)) is not None],
        "deeds": [deed for offer in _deeds if (deed := offer(request, account)) is not None],
        "may_edit": may(request.user, Right.EDIT_ACCOUNTS),
        "company": may(request.user, Right.COMPANY_FIGURES),
    }
