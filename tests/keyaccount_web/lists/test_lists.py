"""Lists as their readers use them: saved views, columns, files, JSON, bulk changes."""

import csv
import io
import re
from decimal import Decimal
from html import unescape

import fastexcel
import pytest

from keyaccount_web.know.bulk import MOST, BulkError, bulk_edit, undo_bulk
from keyaccount_web.know.models import Account, BulkChange, SeenAccount
from keyaccount_web.lists.kit import number_of
from keyaccount_web.lists.models import Export, FavouriteView, SavedView
from keyaccount_web.lists.tasks import forget_exports, write_export
from tests.keyaccount_web.company import CUSTOMERS
from tests.keyaccount_web.know.test_accounts import listed

EVERY = {one.code for one in CUSTOMERS}


def heads(client, query=""):
    body = client.get(f"/accounts/{query}").content.decode()
    head = re.search(r"<thead>(.*?)</thead>", body, re.S)[1]
    return [
        unescape(re.sub(r"<[^>]+>|[↑↓]", "", cell)).strip()
        for cell in re.findall(r"<th[^>]*>(.*?)</th>", head, re.S)
    ][1:]


class TestColumns:
    def test_are_shown_as_chosen_the_name_always(self, company, as_user):
        assert heads(as_user("director"), "?columns=orders,tax_number") == ["名称", "订单数", "税号"]
        assert heads(as_user("director"), "?column=name&column=region") == ["名称", "区域"]
        assert heads(as_user("director"), "?columns=nonsense") == ["名称"]

    def test_of_the_whole_company_are_only_for_who_may_see_it(self, company, as_user):
        assert "占比" in heads(as_user("director"))
        assert "占比" not in heads(as_user("owner"))
        assert "占比" not in heads(as_user("owner"), "?columns=share,name")
        # Neither is the list sorted by it, nor is it in a file.
        assert listed(as_user("owner"), "?sort=share") == listed(as_user("owner"))
        answer = as_user("owner").get("/accounts/export/?columns=name,share&format=csv")
        assert "占比" not in b"".join(answer.streaming_content).decode("utf-8-sig")


class TestSavedViews:
    def save(self, client, query, **fields):
        return client.post(f"/lists/accounts/views/?{query}", {"name": "浙东", **fields})

    def test_open_with_filters_order_and_columns(self, company, as_user):
        client = as_user("director")
        answer = self.save(client, "region=浙东&sort=name&columns=name,region&density=compact")
        view = SavedView.objects.get()
        assert answer["Location"] == f"/accounts/?view={view.pk}"
        assert listed(client, f"?view={view.pk}") == listed(client, "?region=浙东&sort=name")
        assert heads(client, f"?view={view.pk}") == ["名称", "区域"]
        # What stands beside it in the address goes before it.
        assert listed(client, f"?view={view.pk}&region=") == listed(client, "?sort=name")
        assert set(listed(client, f"?view={view.pk}&q=泵")) == {"K7303"}

    def test_are_ones_own_unless_shared_by_who_may(self, company, as_user):
        self.save(as_user("director"), "region=浙东")
        view = SavedView.objects.get()
        assert "浙东" not in re.findall(r">([^<]+)</a>", as_user("owner").get("/accounts/").content.decode())
        assert listed(as_user("owner"), f"?view={view.pk}") == listed(as_user("owner"))
        self.save(as_user("director"), "region=浙东", is_shared="on")
        # Shared, and still each sees what he may see.
        assert set(listed(as_user("director"), f"?view={view.pk}")) == {"K7301", "K7302", "K7303"}
        assert listed(as_user("owner"), f"?view={view.pk}") == []
        # A manager's views stay his own.
        self.save(as_user("owner"), "q=K71", is_shared="on")
        assert SavedView.objects.get(owner=company.users["owner"]).is_shared is False

    def test_can_be_the_one_that_the_list_opens_with(self, company, as_user):
        client = as_user("director")
        self.save(client, "region=浙东", is_favourite="on")
        assert set(listed(client)) == {"K7301", "K7302", "K7303"}
        assert set(listed(client, "?whose=all")) == EVERY
        client.post(f"/lists/views/{SavedView.objects.get().pk}/favourite/")
        assert set(listed(client)) == EVERY
        assert not FavouriteView.objects.exists()

    def test_are_removed_by_their_owner_alone(self, company, as_user):
        self.save(as_user("director"), "region=浙东", is_shared="on")
        view = SavedView.objects.get()
        assert as_user("owner").post(f"/lists/views/{view.pk}/remove/").status_code == 404
        assert as_user("director").post(f"/lists/views/{view.pk}/remove/").status_code == 302
        assert not SavedView.objects.exists()

    def test_need_a_name(self, company, as_user):
        self.save(as_user("director"), "region=浙东", name=" ")
        assert not SavedView.objects.exists()

    def test_of_no_list_are_not_there(self, company, as_user):
        assert as_user("director").post("/lists/nonsense/views/", {"name": "x"}).status_code == 404


class TestScenes:
    def test_cut_the_list_by_who_serves(self, company, as_user):
        department = set(listed(as_user("head"), "?whose=department"))
        assert department == set(listed(as_user("head")))
        assert set(listed(as_user("owner"), "?whose=shared")) == set()

    def test_show_what_was_seen_recently(self, company, as_user):
        client = as_user("owner")
        account = company.accounts["K7102"]
        client.get(f"/accounts/{account.pk}/")
        assert not SeenAccount.objects.exists()  # a GET writes nothing
        assert client.post(f"/accounts/{account.pk}/seen/").status_code == 204
        assert listed(client, "?whose=recent") == ["K7102"]
        assert client.post(f"/accounts/{company.accounts['K7501'].pk}/seen/").status_code == 404

    def test_nobodys_are_for_who_assigns(self, company, as_user):
        assert set(listed(as_user("owner"), "?whose=nobody")) == set(listed(as_user("owner")))


class TestFiles:
    def test_in_excel_hold_the_rows_of_the_list_as_numbers(self, company, as_user):
        client = as_user("director")
        answer = client.get("/accounts/export/?format=xlsx")
        sheet = fastexcel.read_excel(answer.content).load_sheet(0).to_arrow().to_pylist()
        assert [row["编号"] for row in sheet] == listed(client)
        found = {row["account_id"]: row for row in company.found.accounts.to_pylist()}
        for row in sheet:
            told = found.get(row["编号"])
            shown = row["销售额"]
            assert (None if shown is None else round(Decimal(str(shown)), 4)) == (told and told["sales"])

    def test_hold_the_selected_rows_alone_and_none_that_may_not_be_seen(self, company, as_user):
        ids = "&".join(f"ids={company.accounts[code].pk}" for code in ("K7101", "K7102", "K7501"))
        answer = as_user("owner").get(f"/accounts/export/?format=csv&{ids}")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        assert {row["编号"] for row in csv.DictReader(io.StringIO(text))} == {"K7101", "K7102"}

    def test_keep_formulas_from_running(self, company, as_user):
        account = company.accounts["K7101"]
        account.name = "=1+1"
        account.save()
        client = as_user("owner")
        sheet = fastexcel.read_excel(client.get("/accounts/export/?q=K7101").content).load_sheet(0)
        assert sheet.to_arrow().to_pylist()[0]["名称"] == "'=1+1"

    def test_that_are_large_are_made_in_the_background(
        self, company, as_user, monkeypatch, settings, tmp_path
    ):
        settings.HOME = tmp_path
        monkeypatch.setattr("keyaccount_web.lists.views.AT_ONCE", 3)
        client = as_user("owner")
        body = client.get("/accounts/export/?sort=name").content.decode()
        assert "后台" in body
        client.post("/lists/accounts/export/?sort=name", {"format": "csv"})
        export = Export.objects.get()
        write_export.func(export.pk)
        page = client.get("/lists/exports/").content.decode()
        assert f"/lists/exports/{export.pk}/" in page
        answer = client.get(f"/lists/exports/{export.pk}/")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        assert [row["编号"] for row in csv.DictReader(io.StringIO(text))] == listed(client, "?sort=name")
        export.refresh_from_db()
        assert (export.state, export.rows) == ("done", 4)
        # For nobody else, and not once one's posts have changed.
        assert as_user("director").get(f"/lists/exports/{export.pk}/").status_code == 404
        post = company.users["owner"].posts.get()
        post.reach = "none"
        post.save()
        assert as_user("owner").get(f"/lists/exports/{export.pk}/").status_code == 404
        # After a week it is gone.
        Export.objects.update(created_at="2020-01-01T00:00:00Z")
        forget_exports.func()
        assert not Export.objects.exists()
        assert list((tmp_path / "exports").iterdir()) == []


class TestJson:
    def test_gives_the_rows_of_the_page_page_by_page(self, company, as_user):
        client = as_user("owner")
        first = client.get("/accounts/?format=json&limit=3").json()
        second = client.get(f"/accounts/?format=json&limit=3&after={first['after']}").json()
        assert [row["code"] for row in first["rows"] + second["rows"]] == listed(client)
        assert second["after"] is None
        sales = company.found.accounts.to_pylist()
        told = {row["account_id"]: row["sales"] for row in sales}
        for row in first["rows"]:
            assert row["sales"] is None or Decimal(row["sales"]) == told[row["code"]]

    def test_counts_apart(self, company, as_user):
        assert as_user("owner").get("/accounts/?part=count").content.decode() == "4 家"
        assert as_user("director").get("/accounts/?part=count&region=浙东").content.decode() == "3 家"


class TestBulkEdit:
    def test_changes_the_selected_and_undoes_it(self, company, as_user):
        client = as_user("head")
        ids = [company.accounts[code].pk for code in ("K7101", "K7102", "K7501")]
        before = dict(Account.objects.values_list("code", "region"))
        assert "2 家" in client.get("/accounts/bulk/", {"ids": ids}).content.decode()
        answer = client.post("/accounts/bulk/", {"ids": ids, "region": "新区"})
        change = BulkChange.objects.get()
        assert answer["Location"] == f"/accounts/bulk/{change.pk}/"
        # K7501 is out of sight, and so untouched.
        after = dict(Account.objects.values_list("code", "region"))
        assert after == {**before, "K7101": "新区", "K7102": "新区"}
        entry = company.accounts["K7101"].history.first()
        assert (entry.region, entry.history_user) == ("新区", company.users["head"])
        assert client.get(answer["Location"]).status_code == 200
        client.post(f"/accounts/bulk/{change.pk}/undo/")
        assert dict(Account.objects.values_list("code", "region")) == before
        with pytest.raises(BulkError, match="undone already"):
            undo_bulk(change, company.users["head"])

    def test_undo_leaves_what_somebody_changed_since(self, company, as_user):
        head = company.users["head"]
        chosen = Account.objects.filter(code__in=["K7101", "K7102"])
        change = bulk_edit(chosen, {"region": "新区"}, head)
        client = as_user("owner")
        account = Account.objects.get(code="K7101")
        form = {"name": account.name, "region": "别处", "version": account.version}
        assert client.post(f"/accounts/{account.pk}/edit/", form).status_code == 302
        undone = undo_bulk(change, head)
        assert (undone.restored, [one.code for one in undone.changed_since]) == (1, ["K7101"])
        assert Account.objects.get(code="K7101").region == "别处"

    def test_touches_only_what_differs(self, company):
        change = bulk_edit(Account.objects.filter(region="浙东"), {"region": "浙东"}, company.users["head"])
        assert change.rows == []

    def test_owners_are_given_by_who_assigns(self, company, as_user):
        ids = [company.accounts["K7101"].pk]
        colleague = company.users["colleague"]
        as_user("owner").post("/accounts/bulk/", {"ids": ids, "owner": colleague.pk})
        assert Account.objects.get(code="K7101").owner == company.users["owner"]
        as_user("head").post("/accounts/bulk/", {"ids": ids, "owner": colleague.pk})
        assert Account.objects.get(code="K7101").owner == colleague

    @pytest.mark.parametrize(
        ("fields", "status"), [({}, 409), ({"region": "x" * 61}, 200), ({"ids": []}, 409)]
    )
    def test_says_what_is_wrong(self, company, as_user, fields, status):
        told = {"ids": [company.accounts["K7101"].pk], **fields}
        assert as_user("owner").post("/accounts/bulk/", told).status_code == status
        assert not BulkChange.objects.exists()

    def test_has_a_limit(self, company, monkeypatch):
        assert MOST >= 1000
        monkeypatch.setattr("keyaccount_web.know.bulk.MOST", 2)
        with pytest.raises(BulkError) as caught:
            bulk_edit(Account.objects.all(), {"region": "x"}, company.users["head"])
        assert caught.value.code == "bulk.too_many"

    @pytest.mark.parametrize("username", ["analyst", "executive"])
    def test_is_for_who_edits(self, company, as_user, username):
        assert as_user(username).get("/accounts/bulk/").status_code == 403


class TestContacts:
    def test_list_those_of_visible_accounts(self, company, as_user):
        body = as_user("owner").get("/accounts/contacts/").content.decode()
        shown = set(re.findall(r'href="/accounts/(\d+)/"', body))
        own = {str(company.accounts[code].pk) for code in ("K7101", "K7102", "K7103", "K7104")}
        assert shown
        assert shown <= own


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3万", 30_000),
        ("1.2亿", 120_000_000),
        ("30,000", 30_000),
        ("5k", 5_000),
        ("", None),
        ("x", None),
        ("NaN", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text, number):
    assert number_of(text) == number
