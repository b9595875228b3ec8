"""Yearly lists of the small company, for tests of other pages: one published with an exception asked for, one in review."""

from types import SimpleNamespace

from keyaccount.find.list_basis import ListBasis
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Role
from keyaccount_web.approvals.models import Approval
from keyaccount_web.approvals.services import decide as decide_approval
from keyaccount_web.find.lists.exceptions import ask_exception
from keyaccount_web.find.lists.proposing import propose_list
from keyaccount_web.find.lists.publishing import ask_to_publish
from keyaccount_web.find.lists.reviewing import begin_review, decide
from keyaccount_web.know.models import Account
from keyaccount_web.work.about import Subject
from keyaccount_web.work.comments import say_about
from tests.keyaccount_web.company import post

SAID = ("请批准", "同意", "签了框架合同", "合同到期", "份额在下滑")
"""What people say about them, in whatever language the pages are."""


def yearly_lists(company: SimpleNamespace) -> list[str]:
    """Make them; gives the addresses of their pages. The published one is of 2026, the other of 2025, which no page minds."""
    users = company.users
    published = propose_list(users["analyst"], company.run, ListBasis())
    begin_review(published, users["analyst"])
    proposed = published.entries.filter(proposed=True)
    decide(users["director"], published, dict(proposed.values_list("pk", "version")), "accept")
    approval = ask_to_publish(
        users["analyst"], published, of=users["director"], reason="请批准", unclean_reason="测试"
    )
    decide_approval(approval, by=users["director"], granted=True, answer="同意", digest=approval.digest)
    ask_exception(
        users["director"],
        published,
        Account.objects.get(code="K7102"),
        "add",
        "签了框架合同",
        of=_second(company),
    )
    draft = propose_list(users["analyst"], company.run, ListBasis(), year=2025)
    begin_review(draft, users["analyst"])
    entry = draft.entries.get(code="K7401")
    decide(users["director"], draft, {entry.pk: entry.version}, "refuse", "合同到期")
    say_about(users["director"], Subject(entry.account, "list_entry", entry.pk), "份额在下滑")
    waiting = Approval.objects.get(state="open")
    return [
        *(f"/find/lists/{one.pk}/{tail}" for one in (published, draft) for tail in ("", "?tab=all", "year/", "publish/", "add/?q=K71")),
        f"/find/lists/{published.pk}/mid-year/",
        f"/find/lists/{published.pk}/except/?account=K7101",
        f"/find/lists/{published.pk}/year/products/?account=K7101",
        f"/find/lists/entries/{entry.pk}/",
        f"/find/lists/entries/{published.entries.get(code='K7101').pk}/",
        f"/approvals/{approval.pk}/",
        f"/approvals/{waiting.pk}/",
        "/approvals/?state=closed",
    ]  # fmt: skip


def _second(company: SimpleNamespace) -> User:
    """Another who may decide."""
    user = company.users["other_head"]
    post(user, Role.DIRECTOR, company.units["HQ"])
    return user
