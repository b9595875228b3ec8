"""The cost to serve: entered, edited with conflicts told, brought in by a file, seen by those who see the account."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keyaccount_web.find.costs import version_of
from keyaccount_web.know.models import Account, CostToServe

LIST = "/find/cost-to-serve/"


@pytest.fixture
def cost(company):  # noqa: ARG001
    """One of an account of the owner's."""
    return CostToServe.objects.create(
        account=Account.objects.get(code="K7101"),
        amount=Decimal("8642.13"),
        date=dt.date(2025, 3, 4),
        remark="轴承更换",
    )


def bring(client, text, name="费用.csv"):
    file = SimpleUploadedFile(name, text.encode())
    return client.post(f"{LIST}import/", {"file": file}).content.decode()


class TestTheList:
    def test_has_the_costs_of_visible_accounts(self, cost, as_user):
        sees = dict.fromkeys(("owner", "head", "director", "analyst", "service"), True)
        sees |= dict.fromkeys(("colleague", "stranger", "other_head"), False)
        for username, seen in sees.items():
            client = as_user(username)
            assert ("8,642.13" in client.get(LIST).content.decode()) is seen, username
            assert client.get(f"{LIST}{cost.pk}/").status_code == (200 if seen else 404), username
            exported = client.get(f"{LIST}export/?format=csv")
            told = b"".join(exported.streaming_content) if exported.streaming else exported.content
            assert ("8642.13" in told.decode("utf-8-sig")) is seen, username

    def test_asks_as_many_queries_for_many_as_for_one(self, cost, as_user):
        client = as_user("owner")
        client.get(LIST)
        counts = []
        for more in (0, 40):
            CostToServe.objects.bulk_create(
                CostToServe(account=cost.account, amount=at + 1) for at in range(more)
            )
            with CaptureQueriesContext(connection) as caught:
                client.get(LIST)
            counts.append(len(caught))
        assert counts[0] == counts[1] <= 20


class TestEntering:
    def test_keeps_it_with_who_did(self, company, as_user):
        as_user("owner").post(
            f"{LIST}new/", {"account": "K7102", "amount": "12.3456", "date": "2025-05-06", "remark": "培训"}
        )
        cost = CostToServe.objects.get(account__code="K7102")
        assert (cost.amount, cost.date, cost.remark) == (Decimal("12.3456"), dt.date(2025, 5, 6), "培训")
        assert cost.history.get().history_user == company.users["owner"]

    def test_takes_a_name_that_one_account_alone_bears(self, company, as_user):
        as_user("owner").post(f"{LIST}new/", {"account": "鼎盛重工", "amount": "5"})
        assert CostToServe.objects.get(account__code="K7102").date is None

    def test_says_what_is_wrong(self, company, as_user):
        wrong = (
            ({"account": "K7401", "amount": "5"}, "“K7401”不是"),  # there, but not for the owner's eyes
            ({"account": "K7102", "amount": "viel"}, "请写一个金额"),
            ({"account": "K7102", "amount": "1.23456"}, "请写一个金额"),
            ({"account": "", "amount": "5"}, "请写客户编号或名称"),
            ({"account": "K7102", "amount": "5", "date": "31.12."}, "请写年-月-日"),
        )
        before = CostToServe.objects.count()
        for fields, says in wrong:
            assert says in as_user("owner").post(f"{LIST}new/", fields).content.decode(), fields
        assert CostToServe.objects.count() == before

    def test_is_not_for_those_who_only_look(self, cost, as_user):
        client = as_user("analyst")
        assert client.get(f"{LIST}new/").status_code == 403
        assert client.post(f"{LIST}{cost.pk}/", {"account": "K7101", "amount": "1"}).status_code == 403
        assert client.post(f"{LIST}import/").status_code == 403


class TestEditing:
    def test_changes_it_and_keeps_what_it_was(self, cost, as_user):
        client = as_user("owner")
        client.post(f"{LIST}{cost.pk}/", {"account": "K7101", "amount": "9000", "version": version_of(cost)})
        cost.refresh_from_db()
        assert (cost.amount, cost.date) == (Decimal(9000), None)
        assert "8,642.13" in client.get(f"{LIST}{cost.pk}/").content.decode()  # in its history

    def test_tells_who_is_late_what_the_other_wrote(self, cost, as_user):
        seen = version_of(cost)
        cost.amount = Decimal(7777)
        cost.save()
        answer = as_user("owner").post(
            f"{LIST}{cost.pk}/", {"account": "K7101", "amount": "9000", "version": seen}
        )
        assert answer.status_code == 409
        body = answer.content.decode()
        assert "7,777.00" in body
        assert 'value="9000"' in body  # nothing typed is lost
        cost.refresh_from_db()
        assert cost.amount == 7777

    def test_removes_it_in_the_same_way(self, cost, as_user):
        fields = {"account": "K7101", "amount": "1", "remove": "on"}
        client = as_user("owner")
        assert client.post(f"{LIST}{cost.pk}/", fields | {"version": 0}).status_code == 409
        client.post(f"{LIST}{cost.pk}/", fields | {"version": version_of(cost)})
        assert not CostToServe.objects.filter(pk=cost.pk).exists()
        assert CostToServe.history.filter(id=cost.pk, history_type="-").exists()


class TestAFile:
    TEXT = (
        "客户编号,金额,日期\nK7101,100.5,2025-02-03\nK7102,viel,2025-02-03\nK7401,7,2025-02-03\nK7103,20,\n"
    )

    def test_ends_each_row_as_new_there_already_or_refused(self, company, as_user):
        client = as_user("owner")
        body = bring(client, self.TEXT)
        # Row 3 has no amount, row 4 is an account of another's.
        assert "共 4 行：新增 2 行（120.5 元），已有 0 行，拒绝 2 行" in body
        assert "“金额”应是金额，写的是“viel”" in body
        assert "“客户编号”的“K7401”不是您能看到的客户" in body
        again = bring(client, self.TEXT)
        assert "共 4 行：新增 0 行（0 元），已有 2 行，拒绝 2 行" in again
        assert CostToServe.objects.filter(account__code="K7101").get().amount == Decimal("100.5")

    def test_gives_the_refused_rows_back_to_be_mended(self, company, as_user):
        client = as_user("owner")
        bring(client, self.TEXT)
        answer = client.get(f"{LIST}refused/")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        assert [row[2:] for row in rows] == [
            ["客户编号", "金额", "日期"], ["K7102", "viel", "2025-02-03"], ["K7401", "7.0000", "2025-02-03"],
        ]  # fmt: skip
        mended = bring(client, text.replace("viel", "300"))
        assert "共 2 行：新增 1 行（300 元），已有 0 行，拒绝 1 行" in mended
        assert as_user("director").get(f"{LIST}refused/").status_code == 404  # it is the owner's

    def test_counts_for_the_account_that_another_was_merged_into(self, company, as_user):
        Account.objects.filter(code="K7103").update(merged_into=Account.objects.get(code="K7102"))
        bring(as_user("owner"), "客户编号,金额\nK7103,55\n")
        assert CostToServe.objects.get(amount=55).account.code == "K7102"

    def test_without_the_columns_is_refused_as_a_whole(self, company, as_user):
        client = as_user("owner")
        file = SimpleUploadedFile("x.csv", b"a,b\n1,2\n")
        body = client.post(f"{LIST}import/", {"file": file}, follow=True).content.decode()
        assert 'role="alert"' in body or "notice-error" in body
