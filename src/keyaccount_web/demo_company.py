"""What does the demo company look like in the app? 启明实业: staff, organisation, accounts, contacts, ledger, a first run."""

import datetime as dt
import secrets
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from keyaccount.demo import DemoLedger, demo_ledger
from keyaccount.find.list_basis import ListBasis
from keyaccount.find.settings import FindSettings
from keyaccount.ledger.sources import ReadOptions
from keyaccount.ledger.store.imports import ImportOptions, import_ledger
from keyaccount.ledger.store.place import store_place
from keyaccount.money import show_money
from keyaccount_web.access.models import OrgUnit, Post, User
from keyaccount_web.access.roles import RULES, Role
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.approvals.models import Approval
from keyaccount_web.approvals.services import decide
from keyaccount_web.company.presets import change_setting, change_settings
from keyaccount_web.cover.border.services import keep_trial
from keyaccount_web.cover.demo import fill_cover
from keyaccount_web.cover.staffing import demo as staffing
from keyaccount_web.cover.terms import demo as terms
from keyaccount_web.duplicates.models import DuplicateSearch
from keyaccount_web.duplicates.similar import search as search_duplicates
from keyaccount_web.find.bought import keep_bought
from keyaccount_web.find.decisions import add_standing
from keyaccount_web.find.decisions import decide as decide_kind
from keyaccount_web.find.lists.exceptions import EXCEPTION_KIND, ask_exception
from keyaccount_web.find.lists.proposing import propose_list
from keyaccount_web.find.lists.publishing import ask_to_publish
from keyaccount_web.find.lists.reviewing import begin_review, look
from keyaccount_web.find.lists.reviewing import decide as decide_entries
from keyaccount_web.find.models import KeyAccountList, ListEntry, Potential
from keyaccount_web.find.plans import begin_plan, close_plan, subject_of
from keyaccount_web.find.tasks import kinds_again
from keyaccount_web.know.events import demo as events
from keyaccount_web.know.models import Account, Contact, CostToServe, TeamMember
from keyaccount_web.know.needs import demo as needs
from keyaccount_web.know.outlets import demo as outlets
from keyaccount_web.know.plans import demo as account_plans
from keyaccount_web.know.profile import demo as profile
from keyaccount_web.know.rivals import demo as rivals
from keyaccount_web.know.services import BATCH, make_current
from keyaccount_web.know.structure import demo as structure
from keyaccount_web.know.year import demo as customer_year
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import new_find
from keyaccount_web.runs.tasks import run_find
from keyaccount_web.search.services import refresh_search
from keyaccount_web.work.about import Subject
from keyaccount_web.work.attachments import attach
from keyaccount_web.work.comments import say_about
from keyaccount_web.work.escalation import escalate
from keyaccount_web.work.freshness import confirm_many
from keyaccount_web.work.tags import tag, tag_named
from keyaccount_web.work.to_do import finish, give

SINCE = dt.date(2023, 1, 1)
UNTIL = dt.date(2025, 12, 31)
LIST_UNTIL = dt.date(2024, 12, 31)
"""What the list of 2025 rests on."""

BRANCHES = {
    "浙江": (("HZ", "杭州分公司"), ("NB", "宁波分公司"), ("WZ", "温州分公司")),
    "江苏": (("NJ", "南京分公司"), ("SZ", "苏州分公司"), ("XZ", "徐州分公司")),
    "广东": (("GZ", "广州分公司"), ("SX", "深圳分公司")),
}
PROVINCES = {"浙江": "ZJ", "江苏": "JS", "广东": "GD"}
SERVED_FROM = {"山东": "江苏", "湖北": "浙江", "四川": "广东"}
"""Provinces without branches are served from a neighbour."""

HEADQUARTERS = (
    ("director", "沈国栋", Role.DIRECTOR),
    ("head", "陆婉清", Role.DEPARTMENT_HEAD),
    ("analyst", "顾思齐", Role.ANALYST),
    ("executive", "严正平", Role.EXECUTIVE),
    ("planner", "季云帆", Role.PLANNER),
    ("service", "白雪莹", Role.SERVICE_DESK),
    ("admin", "秦朗", Role.ADMINISTRATOR),
)
PROVINCE_HEADS = {
    "浙江": ("zhejiang", "葛文斌"),
    "江苏": ("jiangsu", "薛敏芝"),
    "广东": ("guangdong", "麦启贤"),
}
PROVINCE_SERVICE = {"浙江": "潘晓燕", "江苏": "戴小曼", "广东": "关婷婷"}
TIER_LINES = {
    "tiers.line.diamond": "1000000", "tiers.line.platinum": "500000", "tiers.line.gold": "300000",
    "tiers.line.silver": "200000", "tiers.line.jade": "100000", "tiers.line.crystal": "50000",
    "tiers.line.business_a": "20000", "tiers.line.business_b": "8000", "tiers.line.business_c": "3000",
    "tiers.key_account_line": "50000",
}  # fmt: skip
"""As this company's customers spend [yuan a month]; the presets are those of a telecom."""
WITHOUT_POST = ("newcomer", "田一帆")
MANAGER = "manager"

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋韩杨朱秦许何吕施张孔曹严华金魏陶姜"
_GIVEN = ("伟", "丽君", "志明", "秀芳", "建国", "晓东", "海波", "文静", "春生", "玉兰", "永强", "佳怡")
_TITLES = ("采购经理", "总经理", "仓库主管", "财务主管", "采购员", "设备部长")


_TO_DOS = (
    ("问清楚明年的框架合同什么时候招标", -8),
    ("催回上月对账单", -3),
    ("送新产品的报价", 0),
    ("约采购经理谈明年的量", 0),
    ("核对新厂的收货地址", 2),
    ("准备季度回顾的材料", 5),
    ("续签年度合同", 20),
    ("了解对方春节停产的安排", 40),
)
_SAID = (
    "今天拜访了设备部，明年计划更换两条生产线，想先看样机。@{head} 请安排技术支持。",
    "@{manager} 技术支持下周三到，样机走宁波仓。",
    "样机已确认，参数见附件。官网：https://example.com/products",
    "对方采购换了负责人，新的联系人还没有加微信。",
    "对账差异已经说清，是退货没有冲销。",
)
_MINUTES = "拜访纪要\n\n一、明年计划更换两条生产线，预计三月招标。\n二、希望账期延长到六十天。\n三、样机参数双方已确认。\n"


@dataclass(frozen=True)
class SignIn:
    """One sign-in of the demo."""

    username: str
    name: str
    role: str
    password: str


def fill(step: Callable[[str], None], *, fixed_passwords: bool = False) -> list[SignIn]:
    """Fill empty records and an empty store with the demo company. Gives a sign-in for each role."""
    step("demo.ledger")
    ledger = demo_ledger()
    step("demo.people")
    with transaction.atomic():
        units = _units()
        managers = _staff(units, ledger)
        _accounts(ledger, units, managers)
        signs = _passwords(fixed=fixed_passwords)
    step("demo.import")
    _import(ledger)
    # What the company sells as solutions rather than goods.
    change_setting("kinds.service_categories", "暖通空调、压缩机")
    change_settings(TIER_LINES)
    step("demo.lists")
    _published_list()
    step("demo.find")
    run = new_find(User.objects.get(username="analyst"), FindSettings(until=UNTIL))
    run_find.func(run.pk)
    run.refresh_from_db()
    if run.state != Run.State.DONE:
        raise RuntimeError(f"the demo's run failed: {run.error}")
    make_current(run)
    with transaction.atomic():
        _daily_work()
        _decisions()
        _plans()
        fill_cover()
        terms.fill(User.objects.get(username="director"))
        staffing.fill(User.objects.get(username="director"))
        _files()
    # Visits, proposals and commitments of the plans are evidence of what accounts value.
    kinds_again.func(run.pk)
    _list_in_review(run)
    _border_trial()
    search_duplicates(DuplicateSearch.objects.create())
    return signs


def _published_list() -> None:
    """The list of 2025, from the year before: argued over, asked for by the analyst, published by the director."""
    analyst, head, director = (User.objects.get(username=name) for name in ("analyst", "head", "director"))
    run = new_find(analyst, FindSettings(until=LIST_UNTIL))
    run_find.func(run.pk)
    run.refresh_from_db()
    told = propose_list(analyst, run, ListBasis())
    begin_review(told, analyst)
    proposed = list(told.entries.filter(proposed=True))
    decide_entries(head, told, _versions(proposed[:-3]), "accept")
    decide_entries(head, told, _versions(proposed[-3:]), "refuse", "销量刚到线，合作意向还不明确，留待下一年")
    barred = list(told.entries.filter(verdict="profitless")[:1])
    decide_entries(analyst, told, _versions(barred), "accept", "省级标杆客户，明年重谈价格，保留在名单上")
    approval = ask_to_publish(analyst, told, of=director, reason="各省已评审完，请批准发布。")
    decide(approval, by=director, granted=True, answer="同意。", digest=approval.digest)
    _exceptions(told, head, director)


def _exceptions(told: KeyAccountList, head: User, director: User) -> None:
    """One account that came on within the year, and one question that waits."""
    rising = told.entries.filter(verdict="rising").select_related("account").order_by("place")[:2]
    for place, entry in enumerate(rising):
        reason = ("上半年签了框架合同", "新厂投产，用量翻倍")[place]
        asked = ask_exception(head, told, entry.account, "add", reason, of=director)
        if place == 0:
            approval = Approval.objects.get(kind=EXCEPTION_KIND.name, subject_id=asked.pk)
            decide(approval, by=director, granted=True, answer="合同已归档", digest=approval.digest)


def _list_in_review(run: Run) -> None:
    """The list of 2026, half decided, with two who do not agree."""
    analyst, head, province = (
        User.objects.get(username=name) for name in ("analyst", "head", PROVINCE_HEADS["浙江"][0])
    )
    told = propose_list(analyst, run, ListBasis())
    begin_review(told, analyst)
    proposed = list(told.entries.filter(proposed=True).select_related("account"))
    decide_entries(head, told, _versions(proposed[:40]), "accept")
    decide_entries(head, told, _versions(proposed[60:62]), "refuse", "去年的大项目已经结束")
    about = next(
        one for one in proposed[40:] if visible_accounts(province).filter(pk=one.account_id).exists()
    )
    subject = Subject(about.account, "list_entry", about.pk)
    say_about(head, subject, f"份额在下滑，是否还列入？@{province.name}")
    say_about(province, subject, "新产线三月投产，建议保留。")
    for user in (analyst, head, province):
        look(user, told)


def _versions(entries: Iterable[ListEntry]) -> dict[int, int]:
    return {one.pk: one.version for one in entries}


def _decisions() -> None:
    """Special standing of a few accounts, and what people know better than the computation."""
    head = User.objects.get(username="head")
    large = list(Account.objects.filter(figures__in_set=True).order_by("-figures__sales")[:12])
    standings = ("government", "reference", "supplier", "public", "army")
    for account, standing in zip(large[1::2], standings, strict=False):
        add_standing(account, standing, source="客户登记表", since=dt.date(2024, 3, 1), until=None, user=head)
    for account, part in ((large[5], Decimal("0.06")), (large[0], Decimal("0.02")), (large[3], Decimal(0))):
        amount = (account.figures.sales * part).quantize(Decimal(1))
        keep_bought(
            by=head,
            account=account,
            year=2025,
            amount=amount,
            source="应付账款台账",
            today=timezone.localdate(),
        )
    together = {"kind": "strategic", "route": "own"}
    decide_kind(large[0], together, reason="联合开发新机型，已签三年框架协议。", version=0, user=head)
    by_dealer = {"kind": "transactional", "route": "distributor"}
    decide_kind(large[2], by_dealer, reason="通过经销商比价采购，只看到货价。", version=0, user=head)


def _units() -> dict[str, OrgUnit]:
    top = OrgUnit.objects.create(code="HQ", name="启明实业总部", kind=OrgUnit.Kind.HEADQUARTERS)
    units = {"HQ": top}
    for province, code in PROVINCES.items():
        units[province] = OrgUnit.objects.create(
            code=code, name=f"{province}公司", kind=OrgUnit.Kind.PROVINCE, parent=top
        )
        for branch, name in BRANCHES[province]:
            units[branch] = OrgUnit.objects.create(
                code=branch, name=name, kind=OrgUnit.Kind.BRANCH, parent=units[province]
            )
    return units


def _staff(units: dict[str, OrgUnit], ledger: DemoLedger) -> dict[str, User]:
    """Everybody with a post; gives the managers by name."""
    for username, name, role in HEADQUARTERS:
        _user(username, name, role, units["HQ"])
    for province, (username, name) in PROVINCE_HEADS.items():
        _user(username, name, Role.DEPARTMENT_HEAD, units[province])
    for number, (province, name) in enumerate(PROVINCE_SERVICE.items(), start=1):
        _user(f"service{number}", name, Role.SERVICE_DESK, units[province])
    username, name = WITHOUT_POST
    User.objects.create(username=username, name=name, without_second_factor=True)
    managers: dict[str, User] = {}
    latest = _latest_salespeople(ledger)
    for province in PROVINCES:
        people = sorted({person for person, served in latest.values() if served == province})
        for number, person in enumerate(people):
            branch = BRANCHES[province][number % len(BRANCHES[province])][0]
            place = len(managers) + 1
            username = MANAGER if not managers else f"{MANAGER}{place}"
            managers[person] = _user(username, person, Role.MANAGER, units[branch])
    return managers


def _latest_salespeople(ledger: DemoLedger) -> dict[str, tuple[str, str]]:
    """Account → who sold to it last, and the province it is served from."""
    accounts = ledger.lines["account_id"].to_pylist()
    people, regions = ledger.lines["salesperson"].to_pylist(), ledger.lines["region"].to_pylist()
    return {
        account: (person, SERVED_FROM.get(region, region))
        for account, person, region in zip(accounts, people, regions, strict=True)
    }


def _user(username: str, name: str, role: Role, unit: OrgUnit) -> User:
    user = User(username=username, name=name, without_second_factor=True)
    user.set_unusable_password()
    user.save()
    Post.objects.create(user=user, role=role, unit=unit, reach=RULES[role].reach, since=SINCE)
    return user


def _accounts(ledger: DemoLedger, units: dict[str, OrgUnit], managers: dict[str, User]) -> None:
    latest = _latest_salespeople(ledger)
    branch_of = {
        post.user_id: post.unit for post in Post.objects.filter(role=Role.MANAGER).select_related("unit")
    }
    rows: list[dict[str, Any]] = ledger.accounts.to_pylist()
    accounts = []
    for row in rows:
        seller = latest.get(row["account_id"])
        owner = managers.get(seller[0]) if seller else None
        province = SERVED_FROM.get(row["region"], row["region"])
        accounts.append(
            Account(
                code=row["account_id"],
                name=row["account_name"],
                region=row["region"],
                industry=row["industry"],
                channel=row["channel"],
                owner=owner,
                unit=branch_of[owner.pk] if owner else units[province],
            )
        )
    bulk_create_with_history(accounts, Account, batch_size=BATCH)
    by_code = {account.code: account for account in Account.objects.all()}
    members = []
    for row in ledger.groups.to_pylist():
        member = by_code[row["account_id"]]
        member.parent = by_code[row["parent_id"]]
        members.append(member)
    Account.objects.bulk_update(members, ["parent"], batch_size=BATCH)
    Contact.objects.bulk_create(_contacts(list(by_code.values())), batch_size=BATCH)
    refresh_search(Account.objects.all())
    CostToServe.objects.bulk_create(
        (
            CostToServe(account=by_code[row["account_id"]], amount=row["amount"], date=row["date"])
            for row in ledger.cost_to_serve.to_pylist()
        ),
        batch_size=BATCH,
    )
    sponsor = User.objects.get(username="executive")
    heads = [account for account in by_code.values() if account.subsidiaries.exists()][:12]
    TeamMember.objects.bulk_create(
        TeamMember(account=account, user=sponsor, part=TeamMember.Part.EXECUTIVE_SPONSOR, since=SINCE)
        for account in heads
    )


def _contacts(accounts: list[Account]) -> list[Contact]:
    """Two people at each account."""
    contacts = []
    for place, account in enumerate(accounts):
        for number in range(2):
            at = place * 7 + number * 13
            contacts.append(
                Contact(
                    account=account,
                    name=_SURNAMES[at % len(_SURNAMES)] + _GIVEN[at % len(_GIVEN)],
                    title=_TITLES[at % len(_TITLES)],
                    phone=f"1{30 + at % 60:02}{at * 104_729 % 100_000_000:08}",
                )
            )
    return contacts


def _daily_work() -> None:
    """To-dos, comments, tags, a file and confirmed fields at the accounts of the first manager, seen by those above."""
    manager, head = User.objects.get(username=MANAGER), User.objects.get(username=PROVINCE_HEADS["浙江"][0])
    accounts = list(Account.objects.filter(owner=manager).order_by("-figures__sales")[:12])
    today = timezone.localdate()
    for place, (account, (what, days)) in enumerate(zip(accounts, _TO_DOS, strict=False)):
        by = head if place % 3 == 0 else manager
        give(by, manager, what, due_date=today + dt.timedelta(days=days), about=Subject(account))
    finish(give(manager, manager, "寄出样品", due_date=today, about=Subject(accounts[0])), manager)
    escalate(today)
    for account, author, text in zip(
        accounts[:1] * 3 + accounts[1:], (manager, head, manager) * 3, _SAID, strict=False
    ):
        say_about(author, Subject(account), text.format(head=head.name, manager=manager.name))
    for number, name in enumerate(("框架合同", "展会认识", "需要账期", "新厂投产")):
        tag(accounts[number::4], tag_named(name, manager), manager)
    attach(manager, Subject(accounts[0]), "拜访纪要.txt", [_MINUTES.encode()])
    # Half of the fields were confirmed at some time, so that some ask for it and others do not.
    now = timezone.now()
    for place, account in enumerate(Account.objects.filter(owner=manager).prefetch_related("contacts")):
        at = now - dt.timedelta(days=60 * (place % 9))
        records = [(account, ("industry", "channel"))] + [
            (one, ("phone", "title")) for one in account.contacts.all()
        ]
        confirm_many(records[: 1 + place % 3], manager, source="confirm", at=at)


def _plans() -> None:
    """Plans for the first accounts that grow towards the line: two under way, one reached."""
    director = User.objects.get(username="director")
    due = timezone.localdate() + dt.timedelta(days=300)
    for place, one in enumerate(Potential.objects.filter(account__owner__isnull=False)[:3]):
        owner = one.account.owner
        assert owner is not None, "asked for above"  # noqa: S101
        goal = f"年销售额从 {show_money(one.sales, 'zh')}提高到 {show_money(one.expected_sales, 'zh')}"
        plan = begin_plan(
            by=director,
            account=one.account,
            owner=owner,
            goal=goal,
            due_date=due,
            first_step="约客户谈明年的需求和采购计划",
            first_step_date=timezone.localdate() + dt.timedelta(days=10),
        )
        if place:
            give(
                owner,
                owner,
                "报一份年度框架价",
                due_date=due - dt.timedelta(days=200),
                about=subject_of(plan),
            )
        if place == 2:
            result = "签了年度框架合同，月均订单翻倍。"
            close_plan(plan, by=owner, version=plan.version, state="reached", result=result)


def _border_trial() -> None:
    """One team for both sides of the line in one province, since the middle of the ledger's last year."""
    keep_trial(
        by=User.objects.get(username="director"), name="浙江边界一个团队", team="杭州、宁波联合组",
        policy="线上线下同一位经理，每季度一次拜访、每月一次电话，同样的折扣", starts_on=UNTIL.replace(month=6, day=1),
        unit=OrgUnit.objects.get(name__startswith="浙江", kind="province"),
    )  # fmt: skip


def _files() -> None:
    """What is known of the largest accounts of the first manager: people, needs, rivals, events, plans."""
    manager, head = User.objects.get(username=MANAGER), User.objects.get(username=PROVINCE_HEADS["浙江"][0])
    accounts, today = rivals.largest(manager), timezone.localdate()
    needs.fill(manager, accounts, today)
    rivals.fill(manager, accounts, today, UNTIL.year)
    structure.fill(manager, accounts)
    events.fill(manager, head, accounts, today)
    customer_year.fill(manager, accounts, today)
    profile.fill(manager, accounts, today)
    outlets.fill(manager, accounts, today)
    account_plans.fill(manager, head, accounts, today, UNTIL.year)


def _passwords(*, fixed: bool) -> list[SignIn]:
    """A password for one user of each role, and for the one without a post."""
    shown = [username for username, _, _ in HEADQUARTERS] + [
        PROVINCE_HEADS["浙江"][0],
        MANAGER,
        WITHOUT_POST[0],
    ]
    signs = []
    for username in shown:
        user = User.objects.get(username=username)
        password = f"{username}-demo-2025" if fixed else secrets.token_urlsafe(9)
        user.set_password(password)
        user.save(update_fields=["password"])
        post = user.posts.first()
        signs.append(SignIn(username, user.name, post.role if post else "", password))
    return signs


def _import(ledger: DemoLedger) -> None:
    with tempfile.TemporaryDirectory(prefix="keyaccount-") as folder:
        file = Path(folder) / "demo.parquet"
        pq.write_table(ledger.lines, file)
        columns = {"freight": "freight"}
        read = ReadOptions(columns=columns, latest=UNTIL, names={str(file): "启明实业"})
        import_ledger(store_place(), file, read=read, options=ImportOptions(source="启明实业", by="demo"))
