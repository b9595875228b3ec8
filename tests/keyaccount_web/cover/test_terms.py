"""Discount inversion in the app: computed with a run, cut to the reader's accounts, approvers of terms (C4)."""

import dataclasses
import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from django.utils import timezone

from keyaccount.language import message
from keyaccount_web.api.tokens import make_token
from keyaccount_web.cover.terms.computed import (
    PLACES,
    behind,
    compute_inversions,
    prepare_inversions,
    told_of,
)
from keyaccount_web.cover.terms.models import Inversion, Terms
from keyaccount_web.cover.terms.picture import picture
from keyaccount_web.cover.terms.services import Customer, opened
from keyaccount_web.find.models import KeyAccountList
from keyaccount_web.know.models import AccountFigures
from keyaccount_web.runs.services import kept_table
from keyaccount_web.tables.ledger import whole_store
from tests.keyaccount_web.company import CUSTOMERS, ledger_table

KEYS = ("K7101", "K7401")
QUARTER = dt.date(2025, 4, 1)


@pytest.fixture
def found(company, again):
    """The company with the inversions of its run, K7101 and K7401 its key accounts."""

    def make():
        rows = company.found.accounts
        verdicts = ["key" if code in KEYS else "out" for code in rows["account_id"].to_pylist()]
        at = rows.schema.get_field_index("verdict")
        told = dataclasses.replace(company.found, accounts=rows.set_column(at, "verdict", pa.array(verdicts)))
        compute_inversions(company.run, whole_store(company.run.snapshot), told)
        prepare_inversions(company.run)()

    again("inversions", make)
    return company


def of(code, product="P1", quarter=QUARTER):
    return Inversion.objects.get(account__code=code, product=product, quarter=quarter)


def prices(product, quarter):
    """Group → lines, quantity, amount of a product in a quarter, counted line by line."""
    heads = {one.code: one.parent or one.code for one in CUSTOMERS}
    told = {}
    for row in ledger_table().to_pylist():
        first = dt.date(row["date"].year, (row["date"].month - 1) // 3 * 3 + 1, 1)
        if row["product_id"] == product and first == quarter and row["net_amount"] > 0:
            cell = told.setdefault(heads[row["account_id"]], [0, Decimal(0), Decimal(0)])
            cell[0] += 1
            cell[1] += row["quantity"]
            cell[2] += row["net_amount"]
    return told


class TestWhatIsFound:
    def test_is_what_counting_line_by_line_gives(self, found):
        assert Inversion.objects.count() == 16  # two accounts, two products, four quarters
        for product, quarter in (("P1", QUARTER), ("P2", dt.date(2025, 10, 1))):
            told = prices(product, quarter)
            for key in KEYS:
                lines, quantity, amount = told[key]
                below = {
                    code: cell[2] / cell[1]
                    for code, cell in told.items()
                    if code not in KEYS and cell[0] >= 3 and cell[1] >= quantity * Decimal("0.05")
                }
                cheaper = {
                    code: price
                    for code, price in below.items()
                    if price <= amount / quantity * Decimal("0.99")
                }
                lowest = min(cheaper, key=cheaper.get)
                one = of(key, product, quarter)
                assert (one.lines, one.quantity, one.amount) == (lines, quantity, amount)
                assert (one.lowest.code, one.pairs) == (lowest, len(cheaper))
                assert one.money == (amount - cheaper[lowest] * quantity).quantize(Decimal("0.0001"))
                assert {row["account_id"] for row in behind(one).pairs} == set(cheaper)
                assert {row["account_id"] for row in behind(one).picture} == set(told)

    def test_says_what_was_left_out_and_by_what(self, found):
        told = told_of(found.run)
        assert told.basis == "verdict"
        # A return of each account but the silent one in November.
        assert told.left_out == {"no_account": 0, "no_product": 0, "no_quantity": 0, "no_amount": 14}

    def test_knows_tiers_of_a_first_run_whose_key_accounts_have_none_yet(self, found):
        AccountFigures.objects.all().delete()
        compute_inversions(found.run, whole_store(found.run.snapshot), found.found)
        rows = kept_table(found.run, PLACES).to_pylist()
        keys = [row for row in found.found.accounts.to_pylist() if row["verdict"] == "key"]
        # The sixth level is diamond, from 100,000 a month.
        lines = (3_000, 10_000, 20_000, 30_000, 50_000, 100_000)
        assert {row["account_id"]: row["level"] for row in rows} == {
            row["account_id"]: max(1, sum(row["sales"] / 12 >= line for line in lines)) for row in keys
        }

    def test_follows_the_list_once_that_is_published(self, found, django_capture_on_commit_callbacks):
        account, before = found.accounts["K7401"], told_of(found.run)
        with django_capture_on_commit_callbacks(execute=True):
            told = KeyAccountList.objects.create(
                year=QUARTER.year, state="published", run=found.run, until=dt.date(2025, 12, 31), basis={},
                made_at=timezone.now(), made_by=found.users["director"],
            )  # fmt: skip
            told.entries.create(
                account=account,
                code=account.code,
                name=account.name,
                proposed=True,
                place=1,
                decision="accepted",
            )
        assert set(Inversion.objects.values_list("account__code", flat=True)) == {"K7401"}
        after = told_of(found.run)
        assert (before.basis, after.basis, after.period) == ("verdict", "list", before.period)

    def test_goes_when_a_run_without_takes_over(self, found):
        found.run.pk = None
        found.run.is_current = False
        found.run.save()
        prepare_inversions(found.run)()
        assert not Inversion.objects.exists()


class TestWhoSeesWhat:
    def test_the_list_is_of_ones_own_key_accounts(self, found, as_user):
        assert "金陵纺机" not in as_user("owner").get("/cover/inversions/").content.decode()
        page = as_user("director").get("/cover/inversions/").content.decode()
        assert "云帆机械" in page
        assert "金陵纺机" in page
        assert "没有算的 14 行" in page
        assert "没有算的" not in as_user("head").get("/cover/inversions/").content.decode()

    def test_a_customer_of_others_has_no_name_and_no_link(self, found, as_user):
        """K7203 is the cheapest; it belongs to the owner's colleague, in another province than K7401."""
        lowest = of("K7101").lowest
        assert lowest.code == "K7203"
        for username, key, is_seen in (
            ("head", "K7101", True),
            ("owner", "K7101", False),
            ("stranger", "K7401", False),
        ):
            client, one = as_user(username), of(key)
            pages = [
                client.get(f"/cover/inversions/{one.pk}/").content.decode(),
                client.get("/cover/inversions/").content.decode(),
                b"".join(client.get("/cover/inversions/export/?format=csv").streaming_content).decode(),
            ]
            for page in pages:
                assert (lowest.name in page) is is_seen, username
                assert is_seen or lowest.code not in page
            assert is_seen or f"/accounts/{lowest.pk}/" not in "".join(pages)
            assert is_seen or "另一家客户" in pages[0]

    def test_a_program_learns_no_more(self, found, client):
        one = of("K7101")
        for username, seen in (("owner", {"惠泽五金", "集美集团", "鼎盛重工"}), ("colleague", None)):
            _, secret = make_token(found.users[username], name="程序", scopes=["read"])
            answer = client.get(f"/api/v1/inversions/{one.pk}", headers={"Authorization": f"Bearer {secret}"})
            assert answer.status_code == (200 if seen else 404)
            if seen:
                told = answer.json()
                assert len(told["pairs"]) == one.pairs
                assert {pair["account"]["name"] for pair in told["pairs"] if pair["account"]} <= seen
                assert "晨曦包装" not in answer.content.decode()

    def test_of_others_there_is_no_page(self, found, as_user):
        assert as_user("owner").get(f"/cover/inversions/{of('K7401').pk}/").status_code == 404
        assert as_user("nobody").get(f"/cover/inversions/{of('K7401').pk}/").status_code == 404

    def test_what_aligning_costs_adds_up(self, found, as_user):
        page = as_user("owner").get("/cover/inversions/aligning/")
        own = Inversion.objects.filter(account__code="K7101")
        assert page.context["whole"].money == sum(one.money for one in own)
        assert [row["inversions"] for row in page.context["rows"]] == [8]
        assert "各级客户的折扣" not in page.content.decode()

    def test_an_account_says_so(self, found, as_user):
        assert "8 处倒挂" in as_user("owner").get(f"/accounts/{found.accounts['K7101'].pk}/").content.decode()
        assert (
            "处倒挂" not in as_user("owner").get(f"/accounts/{found.accounts['K7103'].pk}/").content.decode()
        )

    def test_pages_ask_few_questions(self, found, as_user, django_assert_max_num_queries):
        client = as_user("director")
        for url in (
            "/cover/inversions/",
            f"/cover/inversions/{of('K7101').pk}/",
            "/cover/inversions/aligning/",
        ):
            with django_assert_max_num_queries(20):
                assert client.get(url).status_code == 200


class TestTerms:
    def note(self, client, account, **changed):
        told = {
            "approver": "区域总监韩立",
            "since": "2025-01-15",
            "until": "",
            "source": "框架合同第三条",
            "product": "P1",
            "product_name": "刨床",
        }
        return client.post(f"/accounts/{account.pk}/terms/new/", {**told, **changed})

    def test_are_noted_and_stand_beside_the_pair(self, found, as_user):
        client, one = as_user("owner"), of("K7101")
        page = client.get(f"/cover/inversions/{one.pk}/").content.decode()
        assert f"/accounts/{found.accounts['K7103'].pk}/terms/new/?product=P1" in page
        assert self.note(client, found.accounts["K7103"]).status_code == 302
        page = client.get(f"/cover/inversions/{one.pk}/").content.decode()
        assert "区域总监韩立，2025-01-15 起" in page
        assert "没有写到期日" in page
        told = Terms.objects.get()
        form = {
            name: getattr(told, name) for name in ("approver", "source", "product", "product_name", "version")
        }
        form |= {"since": "2025-01-15", "until": "2025-12-31", "approver": "总经理"}
        assert client.post(f"/accounts/{told.account_id}/terms/{told.pk}/", form).status_code == 302
        assert client.post(f"/accounts/{told.account_id}/terms/{told.pk}/", form).status_code == 409
        assert Terms.history.count() == 2

    @pytest.mark.parametrize(
        ("changed", "said"),
        [({"until": "2024-12-31"}, "到期日应不早于开始那天"), ({"approver": ""}, "批准人"), ({}, "已经有了")],
    )
    def test_that_cannot_be_are_refused(self, found, as_user, changed, said):
        client, account = as_user("owner"), found.accounts["K7103"]
        Terms.objects.create(
            account=account, product="P1", approver="甲", since=dt.date(2025, 1, 15), source="信"
        )
        answer = self.note(client, account, **changed)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert Terms.objects.count() == 1

    def test_of_others_are_none_of_ones_business(self, found, as_user):
        assert self.note(as_user("stranger"), found.accounts["K7103"]).status_code == 404
        assert self.note(as_user("planner"), found.accounts["K7103"]).status_code == 403


class TestThePicture:
    def test_lies_right_and_up_by_quantity_and_price(self, found):
        told = opened(found.users["director"], of("K7101"))
        drawn = picture(told.picture, of("K7101").price)
        assert len(drawn.points) == len(told.picture)
        by = {one.customer.row["account_id"]: one for one in drawn.points}
        assert by["K7401"].x > by["K7101"].x  # twice the quantity
        assert by["K7203"].y > by["K7101"].y == drawn.line  # down is cheaper
        assert (by["K7101"].kind, by["K7401"].kind, by["K7203"].kind) == ("this", "key", "below")

    def test_of_one_customer_has_its_point_in_the_middle(self):
        row = {"account_id": "A", "quantity": Decimal(3), "price": Decimal(7), "level": 1}
        drawn = picture([Customer(row, None, True, False, "", None)], Decimal(7))
        assert [(one.x, one.y) for one in drawn.points] == [(348.0, 158.0)]
        assert picture([], Decimal(7)) is None

    def test_names_nobody_without_a_record(self):
        row = {"account_id": "A", "quantity": Decimal(3), "price": Decimal(7), "level": 0}
        assert Customer(row, None, False, True, "", None).name == message("terms.another", "zh")
