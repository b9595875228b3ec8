"""Can anybody get at what is not theirs, by any address, link, form, export or error? Everybody tries everything."""

import datetime as dt
import logging

import pytest
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import include, path
from django.utils import timezone

from keyaccount.find.settings import FindSettings
from keyaccount.money import show_money
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import RULES, Right, Role, RoleRules
from keyaccount_web.access.services import consent, give_post, invite
from keyaccount_web.cover.models import Sign
from keyaccount_web.cover.recording import record_touch
from keyaccount_web.duplicates.models import DuplicateSearch
from keyaccount_web.duplicates.services import merge, undo
from keyaccount_web.duplicates.similar import search
from keyaccount_web.imports.models import FileImport
from keyaccount_web.know.models import Account
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import new_find, result_path
from keyaccount_web.work.about import Subject
from keyaccount_web.work.attachments import attach
from keyaccount_web.work.comments import say_about
from keyaccount_web.work.escalation import escalate
from keyaccount_web.work.tags import tag, tag_named
from keyaccount_web.work.to_do import give
from tests.keyaccount_web.company import SINCE, finished_run, ledger_table
from tests.keyaccount_web.crawler import Crawler, _Page, addresses, report
from tests.keyaccount_web.yearly import yearly_lists

EVERYBODY = (
    "owner",
    "colleague",
    "stranger",
    "head",
    "director",
    "executive",
    "admin",
    "nobody",
    "gone",
    "anonymous",
    "part_time_analyst",
)
FOLLOWED = (
    "after=",
    "verdict=key",
    "region=",
    "sort=name",
    "whose=mine",
    "from=2025-01-01&to=2025-12-31",
    "product=",
)
"""The crawler goes through filters, pages and lines."""


@pytest.fixture
def everything(company, own_ledger, again):  # noqa: ARG001 - posts may undo an import
    """A company in which every kind of object is there: other runs, one failed, consents, an invitation, changed accounts."""
    logging.disable(logging.ERROR)  # thousands of refusals
    again("everything", lambda: fill(company))
    for account in company.accounts.values():
        account.refresh_from_db()
    yield company
    logging.disable(logging.NOTSET)


def fill(company):
    director = company.users["director"]
    finished_run(director, company.found, company.snapshot, company.files)
    failed = new_find(director, FindSettings(), snapshot=company.snapshot)
    failed.state, failed.error = (
        Run.State.FAILED,
        {"zh": "集团有循环：K7401 → K7402", "en": "a circle: K7401 → K7402"},
    )
    failed.save()
    new_find(director, FindSettings(), snapshot=company.snapshot)
    lost = finished_run(director, company.found, company.snapshot, company.files)
    result_path(lost).unlink()
    for code in ("K7101", "K7401"):
        account = company.accounts[code]
        account.remark, account.version = f"新备忘{code[1:]}", 2
        account.save()
    consent(company.users["owner"], company.users["admin"])
    invite(company.users["nobody"], company.users["admin"])
    for number, code in enumerate(("K7101", "K7401")):
        account, by = company.accounts[code], company.users[("owner", "stranger")[number]]
        about, day = Subject(account), timezone.localdate()
        give(by, by, f"私下要做的事{code[1:]}", due_date=day - dt.timedelta(days=9), about=about)
        say_about(by, about, f"不给外人看的话{code[1:]}，@沈国栋")
        attach(by, about, f"密件{code[1:]}.txt", [code.encode()])
        tag([account], tag_named("展会认识", by), by)
        record_touch(
            by=by,
            account=account,
            kind="visit",
            began_at=timezone.now(),
            minutes=60,
            summary=f"密谈{code[1:]}",
        )
        Sign.objects.create(account=account, kind="churn", noted_date=day, what=f"改投别家{code[1:]}", by=by)
    escalate()
    yearly_lists(company)
    # The same customer in two provinces, and one in each that was merged, one of them undone.
    for code, name, username in (
        ("K7601", "瀚璞机械有限公司", "owner"),
        ("K7602", "瀚璞机械公司", "stranger"),
    ):
        unit = company.users[username].posts.get().unit
        double = Account.objects.create(code=code, name=name, owner=company.users[username], unit=unit)
        double.remark, double.address = f"备忘{code[1:]}", f"路{code[1:]}号"
        double.save()
    search(DuplicateSearch.objects.create())
    for survivor, merged in (("K7101", "K7103"), ("K7401", "K7403"), ("K7201", "K7203")):
        pair = [Account.objects.get(code=code) for code in (survivor, merged)]
        record = merge(pair[0].pk, pair[1].pk, {}, versions=(pair[0].version, pair[1].version), user=director)
    undo(record.pk, user=director)
    # An analyst for one province, without the right to figures of the whole.
    part_time = User.objects.create(username="part_time_analyst", name="皇甫静")
    give_post(part_time, Role.ANALYST, company.units["ZJ"], since=SINCE, reach="subtree")
    for by, state in (
        ("director", "checked"),
        ("owner", "checked"),
        ("owner", "done"),
        ("owner", "uploaded"),
    ):
        bring_import(company, by, state)


def bring_import(company, by, state):
    """An import as the check leaves it, with a change of an account that its owner sees."""
    code = "K7401" if by == "director" else "K7101"
    account = company.accounts[code]
    sheet = {
        "name": "客户",
        "columns": ["客户编号", "地区"],
        "samples": [[code, "浙中"]],
        "rows": 1,
        "kind": "accounts",
    }
    counts = {"new": 0, "changed": 1, "unchanged": 0, "refused": 0}
    told = FileImport.objects.create(
        kind="records",
        by=company.users[by],
        file_name="客户资料.xlsx",
        sha256="0" * 64,
        size=1,
        state=state,
        choices={"sheets": [{**sheet, "mapping": {"code": "客户编号", "region": "地区"}, "questions": {}}]},
        report={"counts": {"all": counts, "accounts": counts}, "rows": 1, "examples": 0},
    )
    told.rows.create(
        kind="accounts",
        sheet="客户",
        row=2,
        key=code,
        state="changed",
        target=account.pk,
        old={"region": account.region},
        new={"region": "浙中"},
    )


SEE_ALL_OR_NOTHING = ("director", "executive", "part_time_analyst", "admin", "nobody")


def user_called(name, monkeypatch):
    if name == "part_time_analyst":
        rules = RoleRules(RULES[Role.ANALYST].reach, frozenset({Right.RUN, Right.IMPORT}))
        monkeypatch.setitem(RULES, Role.ANALYST, rules)
    return None if name == "anonymous" else User.objects.get(username=name)


class TestNobodyIsShownWhatIsNotTheirs:
    @pytest.mark.parametrize("name", EVERYBODY)
    def test_by_any_address(self, everything, monkeypatch, name):
        if name == "owner":
            monkeypatch.setattr("keyaccount_web.lists.views.PER_PAGE", 3)
            # Goes through the choices of filters, too; the others follow fewer links of one kind.
            monkeypatch.setattr("tests.keyaccount_web.crawler.SAME_SHAPE", 3)
            monkeypatch.setattr("tests.keyaccount_web.crawler.SAME_KIND", 28)
        elif name in SEE_ALL_OR_NOTHING:
            # Before them little is to be hidden, or everything: every kind of page once, and few of its forms.
            monkeypatch.setattr("tests.keyaccount_web.crawler.SAME_FORM", 1)
            monkeypatch.setattr("tests.keyaccount_web.crawler.SAME_KIND", 4)
            monkeypatch.setattr("tests.keyaccount_web.crawler.FIRST_IDS", 1)
        crawler = Crawler(user_called(name, monkeypatch), everything, ledger_table()).crawl()
        assert crawler.findings == [], report(crawler.findings)
        assert crawler.asked["GET"] > 150
        assert crawler.asked["POST"] > 100
        if name not in ("gone", "anonymous"):
            assert crawler.statuses[200] > 15
            # There is something to hide from all but those who see the whole.
            assert crawler.secrets.texts or name in ("director", "analyst")
            assert crawler.secrets.shares or name in ("director", "analyst", "executive")
        if name == "owner":
            for wanted in FOLLOWED:
                assert any(wanted in address for address in crawler.pages), wanted


class TestTheCrawler:
    def test_finds_the_addresses_of_every_chapter_and_of_the_sign_in(self):
        found = addresses([1])
        for address in (
            "/",
            "/accounts/export/",
            "/accounts/1/lines/",
            "/runs/1/compare/1/",
            "/people/1/",
            "/sign-in/2fa/totp/activate/",
            "/accounts/1/activity/",
            "/files/1/",
        ):
            assert address in found

    @pytest.mark.parametrize(
        ("view", "caught"),
        [
            (lambda _request: HttpResponse(", ".join(Account.objects.values_list("name", flat=True))), "'金陵纺机' (of K7401)"),
            (lambda _request: JsonResponse({"name": "金陵纺机"}), "'金陵纺机' (of K7401)"),
            (lambda _request: HttpResponse(headers={"X-First": "K7401"}), "'K7401' (of K7401)"),
            (lambda _request: HttpResponseRedirect("/?q=%E9%87%91%E9%99%B5%E7%BA%BA%E6%9C%BA"), "'金陵纺机' (of K7401)"),
            (lambda _request: HttpResponse("13900007401", status=404), "'13900007401' (contact of K7401)"),
            (lambda _request: HttpResponse("code,sales\nx,1239520.0600\n", content_type="text/csv"), "(amount of K7401)"),
            (lambda _request: HttpResponse("DH-7401-2501"), "(order of K7401)"),
            (lambda _request: HttpResponse(f"{TOTAL:,.2f} 元"), "company's sales"),
            (lambda _request: JsonResponse({"total": float(TOTAL)}), "company's sales"),
            (lambda _request: JsonResponse({"share": SHARE}), "sales_share of K7101"),
            (lambda _request: HttpResponse(f"占 {SHARE:.1%}"), "sales_share of K7101"),
            (lambda _request: HttpResponse(LINE), "the line"),
            (lambda _request: 1 / 0, "broken"),
            (lambda _request: HttpResponse("<script>go()</script>"), "inline script"),
        ],
    )  # fmt: skip
    def test_catches(self, everything, settings, view, caught):
        global TOTAL, SHARE, LINE
        TOTAL, LINE = (
            everything.found.summary.sales,
            show_money(everything.found.summary.smallest_in_set, "zh"),
        )
        SHARE = next(
            row["sales_share"]
            for row in everything.found.accounts.to_pylist()
            if row["account_id"] == "K7101"
        )
        settings.ROOT_URLCONF = type(
            "WithALeak",
            (),
            {"urlpatterns": [path("leak/", view), path("", include("keyaccount_web.config.urls"))]},
        )
        crawler = Crawler(everything.users["owner"], everything, ledger_table())
        crawler._get("/leak/", {})
        page = _Page()
        page.feed(crawler.pages["/leak/"])
        crawler._check_scripts("/leak/", page)
        assert any(caught in one for one in crawler.findings), crawler.findings
