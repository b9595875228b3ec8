"""Public data as companies have them, through the wizard: AdventureWorks' resellers, Northwind's customers with their people (K9).

Nothing is made up: what the data do not say stays empty, and what cannot be right is refused with the reason.
"""

import csv

import pyarrow.parquet as pq

from keyaccount_web.access.models import User
from keyaccount_web.imports.sheets.exporting import write_export
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.structure.models import Relation
from tests.keyaccount.data import shared
from tests.keyaccount_web.imports.books import book, rows_of
from tests.keyaccount_web.imports.test_records import director_and_admin

ROLES = {"Owner": "决策人", "Accounting Manager": "审批人", "Order Administrator": "采购人"}
"""What a title says of somebody's part in buying; of others it says nothing."""


def adventureworks():
    """Resellers with the sales people who sold to each last; the data know nobody at the resellers themselves."""
    resellers = pq.read_table(shared("adventureworks/DimReseller.parquet")).to_pylist()
    places = {
        one["GeographyKey"]: one
        for one in pq.read_table(shared("adventureworks/DimGeography.parquet")).to_pylist()
    }
    sales = pq.read_table(
        shared("adventureworks/FactResellerSales.parquet"), columns=["ResellerKey", "EmployeeKey", "OrderDateKey"]
    ).sort_by("OrderDateKey")  # fmt: skip
    sold_by = dict(zip(sales["ResellerKey"].to_pylist(), sales["EmployeeKey"].to_pylist(), strict=True))
    with shared("adventureworks/DimEmployee.csv").open(encoding="utf-8") as file:
        people = {int(row[1]): row for row in csv.reader(file, delimiter="|")}
    staff = [
        (row[13].split("\\")[-1], row[1], f"{row[6]} {row[7]}", row[14], "客户经理", "HZ", row[11])
        for key in sorted(set(sold_by.values()))
        for row in [people[key]]
    ]
    owners = {one[1]: one[0] for one in staff}
    accounts = [
        (
            one["ResellerAlternateKey"],
            one["ResellerName"],
            "HZ",
            owners.get(str(sold_by.get(one["ResellerKey"]))),
            places[one["GeographyKey"]]["EnglishCountryRegionName"],
            one["BusinessType"],
            f"{one['AddressLine1']}, {places[one['GeographyKey']]['City']}",
        )
        for one in resellers
    ]
    return book(
        人员=[("用户名", "工号", "姓名", "邮箱", "角色", "部门编号", "到岗日期"), *staff],
        客户=[("客户编号", "客户名称", "部门编号", "负责人用户名", "地区", "渠道", "地址"), *accounts],
    )


def northwind():
    """Customers, whom to speak with, and what their title says of their part in buying."""
    with shared("northwind/Customer.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    accounts = [
        (f"NW{int(one['entityId']):03}", one["companyName"], "HZ", one["country"], f"{one['address']}, {one['city']}")
        for one in rows
    ]  # fmt: skip
    codes = [one[0] for one in accounts]
    contacts = [
        (code, one["contactName"], one["contactTitle"], one["phone"]) for code, one in zip(codes, rows, strict=True)
    ]  # fmt: skip
    people = [
        (code, one["companyName"], one["contactName"], ROLES.get(one["contactTitle"]))
        for code, one in zip(codes, rows, strict=True)
    ]
    return book(
        客户=[("客户编号", "客户名称", "部门编号", "地区", "地址"), *accounts],
        联系人=[("客户编号", "联系人姓名", "职务", "电话"), *contacts],
        人物关系=[("客户编号", "客户名称", "联系人", "采购角色"), *people],
    )


class TestAdventureWorks:
    def test_comes_in_with_those_who_serve_it_mended_and_undone(self, company, wizard):
        director_and_admin(company)
        before = Account.objects.count(), User.objects.count()
        told = wizard("director").check(adventureworks())
        # One salesman's address is no e-mail address as the web knows them: he, and the 42 resellers that he serves.
        why = told.reasons()
        assert told.total == {"new": 16 + 659, "changed": 0, "unchanged": 0, "refused": 1 + 42}
        assert "josé1@adventure-works.com" in why["人员", 10]
        assert {reason for (sheet, _), reason in why.items() if sheet == "客户"} == {
            "“负责人用户名”：没有用户名或工号为“josé1”的同事"
        }
        told.start()
        rows = rows_of(told.refused_book())
        mended = {
            name: [[str(cell).replace("josé", "jose") if cell else cell for cell in row] for row in sheet]
            for name, sheet in rows.items()
        }
        again = wizard("director").check(book(**mended)).start()
        assert again.total == {"new": 43, "changed": 0, "unchanged": 0, "refused": 0}
        assert Account.objects.filter(code__startswith="AW", owner__staff_number__gt="").count() == 635
        for one in (again, told):
            one.post(f"/imports/{one.pk}/undo/")
            assert one.told.state == "undone"
        assert (Account.objects.count(), User.objects.count()) == before


class TestNorthwind:
    def test_comes_in_with_its_people_and_goes_out_and_in_without_a_change(self, company, wizard, tmp_path):
        director_and_admin(company)
        told = wizard("director").check(northwind())
        assert told.total == {"new": 3 * 91, "changed": 0, "unchanged": 0, "refused": 0}
        told.start()
        assert Contact.objects.filter(account__code__startswith="NW").count() == 91
        deciding = Relation.objects.filter(contact__account__code__startswith="NW").exclude(roles=[])
        assert deciding.count() == 17 + 10 + 2
        accounts = Account.objects.filter(code__startswith="NW")
        assert write_export(tmp_path / "out.xlsx", company.users["director"], accounts, "en") == 3 * 91
        again = wizard("director").check((tmp_path / "out.xlsx").read_bytes())
        assert again.total == {"new": 0, "changed": 0, "unchanged": 3 * 91, "refused": 0}
