"""A small company for tests of the web app: headquarters, two provinces, three branches, everybody with a role, 15 accounts.

Distinct names, phones and amounts everywhere, so that a page that shows what it should not is caught by a search for text.
"""

import datetime as dt
import random
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction

from keyaccount import ReadOptions
from keyaccount.find.key_accounts import KeyAccountList, find_key_accounts
from keyaccount.find.settings import FindSettings
from keyaccount.ledger.store.imports import ImportOptions, import_ledger
from keyaccount.ledger.store.place import StorePlace
from keyaccount.ledger.store.reading import open_store
from keyaccount_web.access.models import OrgUnit, Post, User
from keyaccount_web.access.roles import Role
from keyaccount_web.access.services import add_user, give_post, switch_off
from keyaccount_web.know.models import Account, Contact, CostToServe, TeamMember
from keyaccount_web.know.services import make_current
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import keep_result, new_find
from keyaccount_web.runs.tasks import _summary

SINCE = dt.date(2024, 1, 1)
UNTIL = dt.date(2025, 12, 31)
PASSWORD = "Haiyan-7-Kranich"  # noqa: S105 - of invented people
PRODUCTS = (("P1", "刨床"), ("P2", "轴承箱"), ("P3", "液压阀"))

UNITS = (
    ("HQ", "总部", "headquarters", None),
    ("ZJ", "浙江公司", "province", "HQ"),
    ("HZ", "杭州分公司", "branch", "ZJ"),
    ("NB", "宁波分公司", "branch", "ZJ"),
    ("JS", "江苏公司", "province", "HQ"),
    ("NJ", "南京分公司", "branch", "JS"),
)

STAFF = (
    ("director", "沈国栋", Role.DIRECTOR, "HQ"),
    ("analyst", "顾思齐", Role.ANALYST, "HQ"),
    ("executive", "严正平", Role.EXECUTIVE, "HQ"),
    ("admin", "秦朗", Role.ADMINISTRATOR, "HQ"),
    ("head", "葛文斌", Role.DEPARTMENT_HEAD, "ZJ"),
    ("other_head", "薛敏芝", Role.DEPARTMENT_HEAD, "JS"),
    ("planner", "季云帆", Role.PLANNER, "ZJ"),
    ("service", "白雪莹", Role.SERVICE_DESK, "ZJ"),
    ("owner", "钟离春", Role.MANAGER, "HZ"),
    ("colleague", "闻人悦", Role.MANAGER, "HZ"),
    ("neighbour", "欧阳澈", Role.MANAGER, "NB"),
    ("stranger", "司徒朗", Role.MANAGER, "NJ"),
    ("gone", "公孙衍", Role.MANAGER, "HZ"),
)


@dataclass(frozen=True)
class Customer:
    """One account as it is made: what it buys a month, and who looks after it."""

    code: str
    name: str
    unit: str
    owner: str | None
    monthly: int
    region: str
    parent: str | None = None
    kind: str = "steady"


CUSTOMERS = (
    Customer("K7101", "云帆机械", "HZ", "owner", 41_311, "浙北"),
    Customer("K7102", "鼎盛重工", "HZ", "owner", 4_951, "浙北", kind="rising"),
    Customer("K7103", "惠泽五金", "HZ", "owner", 3_719, "浙北"),
    Customer("K7104", "集美集团", "HZ", "owner", 17_929, "浙北"),
    Customer("K7201", "弘毅电气", "HZ", "colleague", 28_607, "浙西"),
    Customer("K7202", "瑞霖建材", "HZ", "colleague", 5_233, "浙西", kind="falling"),
    Customer("K7203", "晨曦包装", "HZ", "colleague", 1_867, "浙西"),
    Customer("K7301", "海晏船舶", "NB", "neighbour", 23_911, "浙东", kind="profitless"),
    Customer("K7302", "集美甬江", "NB", "neighbour", 7_411, "浙东", parent="K7104"),
    Customer("K7303", "潮涌泵业", "NB", None, 13_613, "浙东"),
    Customer("K7401", "金陵纺机", "NJ", "stranger", 33_349, "苏南", kind="long"),
    Customer("K7402", "栖霞化工", "NJ", "stranger", 11_087, "苏南", kind="profitless"),
    Customer("K7403", "集美秦淮", "NJ", "stranger", 4_597, "苏南", parent="K7104"),
    Customer("K7404", "扬子工贸", "NJ", None, 2_311, "苏南", kind="one_time"),
    Customer("K7501", "玄武仪表", "NJ", "stranger", 0, "苏南", kind="silent"),
)


def ledger_table() -> pa.Table:
    """Invoice lines of 2024 and 2025; the same at each call."""
    chance = random.Random(20251231)  # noqa: S311 - invented figures
    rows: list[dict[str, Any]] = []

    def line(one: Customer, day: dt.date, order: str | None, amount: Decimal, product: int) -> None:
        margin = Decimal("1.07") if one.kind == "profitless" else Decimal("0.71")
        code, name = PRODUCTS[product]
        rows.append(
            {
                "account_id": one.code,
                "account_name": one.name,
                "date": day,
                "order_id": order,
                "product_id": code,
                "product_name": name,
                "quantity": Decimal(product + 1),
                "unit": "台",
                "net_amount": amount,
                "cost": (amount * margin).quantize(Decimal("0.0001")),
            }
        )

    for one in CUSTOMERS:
        if one.kind == "silent":
            continue
        for year in (2024, 2025):
            for month in range(1, 13):
                if one.kind == "one_time" and (year, month) != (2025, 5):
                    continue
                factor = {
                    "rising": 5 if (year, month) > (2025, 6) else 1,
                    "falling": 3 if year == 2024 else 1,
                }.get(one.kind, 1)
                order = f"DH-{one.code[1:]}-{year % 100}{month:02}"
                for part in range(6 if one.kind == "long" else 2):
                    amount = Decimal(one.monthly * factor * 100 // 2 + chance.randrange(1, 99_999)) / 100
                    # An order has lines on two days; the first of June has two orders; August has no order ids.
                    day = dt.date(year, month, 1 + (3 * part if month % 2 else 0))
                    number = None if month == 8 else f"{order}-B" if month == 6 and part else order
                    line(one, day, number, amount, part % 3)
            line(
                one,
                dt.date(year, 11, 20),
                f"TH-{one.code[1:]}-{year % 100}",
                Decimal(-chance.randrange(1_000, 90_000)) / 100,
                1,
            )
    money = pa.decimal128(18, 4)
    kinds = {"date": pa.date32(), "quantity": pa.decimal128(18, 6), "net_amount": money, "cost": money}
    return pa.table(
        {name: pa.array([row[name] for row in rows], kinds.get(name, pa.string())) for name in rows[0]}
    )


def import_table(place: StorePlace, table: pa.Table, folder: Path, name: str = "账本") -> None:
    """Take lines into a store by the way that every file goes."""
    file = folder / f"{name}.parquet"
    pq.write_table(table, file)
    read = ReadOptions(latest=UNTIL, names={str(file): f"{name}.parquet"})
    import_ledger(place, file, read=read, options=ImportOptions(source=name, by="顾思齐", on_overlap="add"))


def groups() -> pa.Table:
    pairs = [(one.code, one.parent) for one in CUSTOMERS if one.parent]
    return pa.table({"account_id": [pair[0] for pair in pairs], "parent_id": [pair[1] for pair in pairs]})


def cost_to_serve() -> pa.Table:
    return pa.table(
        {
            "account_id": ["K7103"],
            "amount": pa.array([Decimal("1234.5678")], pa.decimal128(18, 4)),
            "date": pa.array([dt.date(2025, 3, 3)], pa.date32()),
        }
    )


def found_in(place: StorePlace) -> tuple[KeyAccountList, int, list[dict[str, Any]]]:
    """What the library says of the store, by itself."""
    store = open_store(place)
    found = find_key_accounts(
        store.condensed(), groups=groups(), cost_to_serve=cost_to_serve(), settings=FindSettings(until=UNTIL)
    )
    told = found, store.snapshot, store.facts["files"]
    store.close()
    return told


def finished_run(user: User, found: KeyAccountList, snapshot: int | None, files: list[dict[str, Any]]) -> Run:
    """A run as a worker leaves it."""
    run = new_find(user, FindSettings(until=UNTIL), snapshot=snapshot)
    keep_result(run, found.accounts)
    run.imports, run.summary, run.state, run.progress = files, _summary(found), Run.State.DONE, 100
    run.save()
    return run


def fill(found: KeyAccountList, snapshot: int, files: list[dict[str, Any]]) -> None:
    """The company in the records, with a current run."""
    with transaction.atomic():
        units: dict[str, OrgUnit] = {}
        for code, name, kind, parent in UNITS:
            units[code] = OrgUnit.objects.create(
                code=code, name=name, kind=kind, parent=units[parent] if parent else None
            )
        users = {
            username: add_user(username, name, role=role, unit=units[unit], since=SINCE)
            for username, name, role, unit in STAFF
        }
        users["nobody"] = User.objects.create(username="nobody", name="南宫问")
        users["nobody"].set_unusable_password()
        users["nobody"].save()
        accounts: dict[str, Account] = {}
        for one in CUSTOMERS:
            accounts[one.code] = account = Account.objects.create(
                code=one.code,
                name=one.name,
                region=one.region,
                industry=f"业{one.code[1:]}",
                address=f"{one.region}路{one.code[1:]}号",
                remark=f"备忘{one.code[1:]}",
                unit=units[one.unit],
                owner=users[one.owner] if one.owner else None,
                parent=accounts.get(one.parent or ""),
            )
            Contact.objects.create(
                account=account,
                name=one.name[::-1],
                title="采购经理",
                phone=f"1390000{one.code[1:]}",
                email=f"buyer{one.code[1:]}@example.com",
            )
        CostToServe.objects.create(
            account=accounts["K7103"], amount=Decimal("1234.5678"), date=dt.date(2025, 3, 3)
        )
        TeamMember.objects.create(
            account=accounts["K7401"], user=users["executive"], part="executive_sponsor", since=SINCE
        )
        run = finished_run(users["director"], found, snapshot, files)
        make_current(run)
        switch_off(users["gone"])


def post(user: User, role: Role, unit: OrgUnit, **told: Any) -> Post:
    """Another post, beginning long ago unless said otherwise."""
    until = told.pop("until", None)
    given = give_post(user, role, unit, since=told.pop("since", SINCE), **told)
    if until is not None:
        given.until = until
        given.save()
    return given
