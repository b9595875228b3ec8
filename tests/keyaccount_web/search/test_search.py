"""What does the search find, for whom, how soon after a change, and with how many queries?"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keyaccount_web.access.models import User
from keyaccount_web.imports.models import FileImport
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.services import accounts_from_ledger, edit_account
from keyaccount_web.runs.models import Run
from keyaccount_web.search.keys import marked
from keyaccount_web.search.models import SearchKey
from keyaccount_web.search.services import refresh_all, refresh_search, search
from keyaccount_web.search.tasks import begin_where_missing


def user(name):
    return User.objects.get(username=name)


def found(username, query, kind="account", most=50):
    """Titles of the hits of one kind, in their order."""
    groups = {group.kind: group.hits for group in search(user(username), query, most=most)}
    return [hit.told.title for hit in groups.get(kind, [])]


def why(username, query):
    return [hit.why for group in search(user(username), query) for hit in group.hits]


@pytest.fixture
def named(company):
    """Accounts with names that are hard to spell."""
    nanjing = company.units["NJ"]

    def make(code, name, **more):
        return Account.objects.create(code=code, name=name, unit=nanjing, **more)

    make("C000123", "重庆长安汽车有限公司", tax_number="91330100799655058B")
    make("C000124", "溫州瀚璞機械有限公司")
    make("C000125", "Northwind Traders Co., Ltd.")
    make("C000126", "绿地（乐清）单氏食品有限公司")
    contact = Account.objects.get(code="C000123")
    Contact.objects.create(account=contact, name="曾国强", phone="0571-87654321", email="zeng.gq@example.com")
    Contact.objects.create(account=contact, name="仇晓红", phone="+86 138 1234 5678")
    return company


ACCOUNT_QUERIES = [
    ("长安", "重庆长安汽车有限公司"),
    ("长安汽车有限", "重庆长安汽车有限公司"),  # while the legal form is being typed
    ("重庆长安汽车股份有限公司", "重庆长安汽车有限公司"),
    ("重慶", "重庆长安汽车有限公司"),
    ("重 庆 长 安", "重庆长安汽车有限公司"),
    ("重庆 汽车", "重庆长安汽车有限公司"),
    ("汽车 重庆", "重庆长安汽车有限公司"),
    ("chongqing", "重庆长安汽车有限公司"),
    ("zhongqing", "重庆长安汽车有限公司"),
    ("chongqingch", "重庆长安汽车有限公司"),
    ("chong qing chang an", "重庆长安汽车有限公司"),
    ("chongqingchanganqiche", "重庆长安汽车有限公司"),  # longer than a key
    ("changan", "重庆长安汽车有限公司"),
    ("zhangan", "重庆长安汽车有限公司"),
    ("QICHE", "重庆长安汽车有限公司"),
    ("cqca", "重庆长安汽车有限公司"),
    ("zqza", "重庆长安汽车有限公司"),
    ("caqc", "重庆长安汽车有限公司"),
    ("C000123", "重庆长安汽车有限公司"),
    ("c000123", "重庆长安汽车有限公司"),
    ("Ｃ０００１２３", "重庆长安汽车有限公司"),
    ("000123", "重庆长安汽车有限公司"),
    ("123", "重庆长安汽车有限公司"),
    ("91330100799655058b", "重庆长安汽车有限公司"),
    ("9133 0100 7996", "重庆长安汽车有限公司"),
    ("799655058", "重庆长安汽车有限公司"),
    ("温州", "溫州瀚璞機械有限公司"),
    ("溫州瀚璞", "溫州瀚璞機械有限公司"),
    ("hanpu", "溫州瀚璞機械有限公司"),
    ("hpjx", "溫州瀚璞機械有限公司"),
    ("northwind", "Northwind Traders Co., Ltd."),
    ("traders", "Northwind Traders Co., Ltd."),
    ("Ｎｏｒｔｈ", "Northwind Traders Co., Ltd."),
    ("乐清单氏", "绿地（乐清）单氏食品有限公司"),
    ("（乐清）", "绿地（乐清）单氏食品有限公司"),
    ("lüdi", "绿地（乐清）单氏食品有限公司"),
    ("lvdi", "绿地（乐清）单氏食品有限公司"),
]
NOTHING = ["", " ", "z", "***", "%", "_", "有限公司", "瀚普", "hanpuu", "'; --", "\\"]
LANDLINE = ["0571-87654321", "057187654321", "+86 571 8765 4321", "87654321", "571 8765", "0571 8765", "4321"]
CONTACT = ["曾国强", "zengguoqiang", "cengguo", "guoqiang", "zgq", "zeng.gq@"]
MOBILE = [
    "13812345678",
    "138-1234-5678",
    "+8613812345678",
    "138 1234",
    "5678",
    "qiuxiaohong",
    "chouxiao",
    "qxh",
]
STRANGE = ["云帆", "yunfan", "yfjx", "K7101", "7101", "13900007101", "buyer7101"]


class TestAccounts:
    def test_are_found_however_typed(self, named):
        missed = [query for query, name in ACCOUNT_QUERIES if name not in found("director", query)]
        assert missed == []

    def test_are_not_found_by_what_is_not_in_them(self, named):
        assert [query for query in NOTHING if found("director", query)] == []

    def test_stand_in_the_order_of_how_they_match(self, company):
        # 云帆机械 is larger than any of these, which have no sales.
        for code, name in (("Y1", "大云帆有限公司"), ("云帆", "第三"), ("Y2", "云帆船舶"), ("Y3", "运饭")):
            Account.objects.create(code=code, name=name)
        assert found("director", "云帆") == ["第三", "云帆机械", "云帆船舶", "大云帆有限公司"]
        assert found("director", "yunfan")[0] == "云帆机械"

    def test_stand_with_the_larger_customer_first(self, company):
        # 集美集团 sells 17,929 a month, 集美甬江 7,411, 集美秦淮 4,597.
        assert found("director", "集美") == ["集美集团", "集美甬江", "集美秦淮"]

    def test_tell_why(self, named):
        assert why("director", "长安") == ["name"]
        assert why("director", "chongqing") == ["pinyin"]
        assert why("director", "cqca") == ["initials"]
        assert why("director", "C000123") == ["code"]
        assert why("director", "799655058") == ["tax"]

    def test_are_found_among_many_that_match(self, company, monkeypatch):
        monkeypatch.setattr("keyaccount_web.search.services.FEW", 1)
        assert found("director", "集美", most=2) == ["集美集团", "集美甬江"]
        assert found("neighbour", "集美") == ["集美甬江"]


class TestContacts:
    def test_are_found_by_name_and_landline(self, named):
        assert [one for one in LANDLINE + CONTACT if "曾国强" not in found("director", one, "contact")] == []

    def test_are_found_by_mobile(self, named):
        assert [one for one in MOBILE if "仇晓红" not in found("director", one, "contact")] == []


class TestColleagues:
    def test_are_found_by_who_may_open_their_page(self, company):
        assert found("admin", "zhonglichun", "colleague") == ["钟离春"]
        assert found("admin", "钟离", "colleague") == ["钟离春"]
        assert found("owner", "钟离", "colleague") == []


class TestScope:
    def test_a_stranger_finds_nothing(self, as_user):
        client = as_user("stranger")
        for query in STRANGE:
            assert search(user("stranger"), query) == []
            assert search(user("nobody"), query) == []
            assert search(user("owner"), query) != []
            page = client.get("/search/", {"q": query}).content.decode()
            assert "没有找到" in page
            assert "<mark>" not in page

    def test_the_list_of_a_stranger_is_empty(self, as_user):
        page = as_user("stranger").get("/accounts/", {"q": "yunfan"}).content.decode()
        assert "云帆机械" not in page
        assert "云帆机械" in as_user("owner").get("/accounts/", {"q": "yunfan"}).content.decode()


class TestKeys:
    def test_follow_an_edit(self, company):
        account = company.accounts["K7101"]
        edit_account(account.pk, {"name": "青松机械"}, version=account.version, user=user("owner"))
        assert found("owner", "云帆") == []
        assert found("owner", "qingsong") == ["青松机械"]

    def test_follow_a_deletion(self, company):
        Contact.objects.filter(account=company.accounts["K7101"]).delete()
        assert found("owner", "13900007101", "contact") == []
        company.accounts["K7501"].delete()
        assert found("director", "玄武") == []
        assert not SearchKey.objects.filter(kind=1, object_id=company.accounts["K7501"].pk).exists()

    def test_follow_an_import(self, company):
        accounts_from_ledger([("N1", "白鹭纺织")])
        assert found("director", "bailu") == ["白鹭纺织"]

    def test_are_refreshed_after_a_bulk_write(self, company):
        some = Account.objects.filter(code="K7101")
        some.update(name="青松机械")
        Contact.objects.filter(account__in=some).update(phone="13711112222")
        assert found("owner", "青松") == []
        refresh_search(some)
        assert found("owner", "青松") == ["青松机械"]
        assert found("owner", "云帆") == []
        assert found("owner", "13711112222", "contact") != []

    def test_are_built_for_records_of_before(self, company):
        before = sorted(SearchKey.objects.values_list("kind", "object_id", "text", "why"))
        SearchKey.objects.all().delete()
        SearchKey.objects.create(kind=1, object_id=987_654_321, text=b"gone", why=4)
        refresh_all()
        assert sorted(SearchKey.objects.values_list("kind", "object_id", "text", "why")) == before

    def test_are_ordered_where_there_are_none(self, company):
        assert not begin_where_missing()
        SearchKey.objects.all().delete()
        assert begin_where_missing()

    def test_are_not_written_when_nothing_changed(self, company):
        with CaptureQueriesContext(
            connection,
        ) as told:
            refresh_all()
        assert [one["sql"] for one in told if not one["sql"].startswith("SELECT")] == []


class TestRunsAndImports:
    def test_are_found_by_number_by_who_may_open_them(self, company):
        run = Run.objects.get()
        own = FileImport.objects.create(kind="records", file_name="客户资料.xlsx", by=user("head"), size=1)
        for query in (f"计算{run.pk}", f"计算 {run.pk}", f"run {run.pk}"):
            assert found("director", query, "run") == [f"计算 {run.pk}"], query
        assert found("nobody", f"计算{run.pk}", "run") == []
        assert found("head", f"导入{own.pk}", "import") == [f"导入 {own.pk}"]
        assert found("head", "khzl", "import") == [f"导入 {own.pk}"]
        assert found("director", f"导入{own.pk}", "import") == []


class TestMarked:
    @pytest.mark.parametrize(
        ("text", "query", "hit"),
        [
            ("重庆长安汽车有限公司", "长安", "长安"),
            ("重庆长安汽车有限公司", "長安", "长安"),
            ("重庆长安汽车有限公司", "changan", "长安"),
            ("重庆长安汽车有限公司", "chan", "长"),
            ("重庆长安汽车有限公司", "zqza", "重庆长安"),
            ("绿地（乐清）单氏", "地乐清", "地（乐清"),
            ("Northwind Traders", "WIND T", "wind T"),
            ("重庆长安", "没有", ""),
        ],
    )
    def test_is_what_was_typed(self, text, query, hit):
        pieces = marked(text, query)
        assert "".join(piece for piece, _ in pieces) == text
        assert "".join(piece for piece, is_match in pieces if is_match) == hit

    def test_are_all_words_that_were_typed(self):
        assert [piece for piece, is_match in marked("重庆长安汽车", "汽车 重庆") if is_match] == [
            "重庆",
            "汽车",
        ]


class TestPages:
    def test_show_hits_by_kind_with_the_reason(self, as_user):
        page = as_user("owner").get("/search/", {"q": "yfjx"}).content.decode()
        assert "<mark>云帆机械</mark>" in page
        assert "拼音首字母" in page
        assert page.count('class="find-kind"') == 1  # no contact

    def test_give_hits_alone_while_typing(self, as_user):
        headers = {"HX-Request": "true", "HX-Target": "find-hits"}
        answer = as_user("owner").get("/search/", {"q": "云帆"}, headers=headers)
        assert "<html" not in answer.content.decode()
        assert "<mark>云帆</mark>机械" in answer.content.decode()

    def test_say_what_can_be_typed(self, as_user):
        assert "首字母" in as_user("owner").get("/search/").content.decode()

    def test_stand_anything_typed(self, as_user):
        client = as_user("owner")
        for query in ("<script>alert", "\x00", "%", "a" * 500, "😀", "'"):
            answer = client.get("/search/", {"q": query})
            assert answer.status_code == 200
            assert "<script>alert" not in answer.content.decode()

    def test_ask_for_a_sign_in(self, client, company):
        assert client.get("/search/").status_code == 302

    def test_take_the_same_queries_for_one_hit_and_for_many(self, as_user):
        client = as_user("director")
        client.get("/search/")
        counts = []
        for query in ("鼎盛", "集美", "13900007101", "1390000"):
            with CaptureQueriesContext(connection) as told:
                client.get("/search/", {"q": query})
            counts.append(len(told))
        assert counts[2] == counts[3], counts  # one contact, and all fifteen
        assert max(counts) <= 20, counts
