"""Kinds and roles in the app: computed with a run, kept, overruled with a reason, undone; special standing (F5, F6)."""

import datetime as dt
import shutil
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from keyaccount.find.kind_evidence import kind_evidence
from keyaccount.find.kinds import kinds
from keyaccount.find.roles import roles
from keyaccount_web.company.presets import change_setting
from keyaccount_web.cover.models import Touch
from keyaccount_web.find.bought import bought_by_code, keep_bought
from keyaccount_web.find.decisions import (
    DecisionError,
    add_standing,
    decide,
    decide_many,
    end_standing,
    undo_many,
)
from keyaccount_web.find.kinds import compute_kinds, has_kinds, kept_settings, kind_rows, show_kinds
from keyaccount_web.find.models import KindBulk, KindDecision, KindFigures
from keyaccount_web.find.presets import kind_settings, role_settings
from keyaccount_web.find.tasks import kinds_again
from keyaccount_web.know.models import Account, TeamMember
from keyaccount_web.know.needs.models import Need
from keyaccount_web.know.plans.models import AccountPlan, Commitment
from keyaccount_web.runs.services import new_find, result, run_folder, settings_of
from keyaccount_web.runs.tasks import run_find
from keyaccount_web.tables.kinds import kind_records
from keyaccount_web.tables.ledger import whole_store
from keyaccount_web.tables.standing import standing_table

REASON = "联合开发新机型，已签框架协议"
TODAY = dt.date(2026, 1, 15)


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """The kinds of the company's run, worked out by the first test and kept for the others."""
    return tmp_path_factory.mktemp("kinds") / "kinds.parquet"


@pytest.fixture
def told(company, computed):
    """The company with kinds shown."""
    path = run_folder(company.run) / "kinds.parquet"
    if computed.exists():
        shutil.copy(computed, path)
    else:
        compute_kinds(company.run, whole_store(company.run.snapshot), result(company.run, None))
        shutil.copy(path, computed)
    show_kinds(company.run)
    return company


def figures(code):
    return KindFigures.objects.get(account__code=code)


class TestWhatIsComputed:
    def test_is_what_the_library_says_of_the_same_tables(self, told):
        store = whole_store(told.run.snapshot)
        evidence = kind_evidence(store.lines(), until=dt.date(2025, 12, 31))
        # Each account has one contact who is no executive; one has a sponsor.
        records = pa.table(
            {
                "account_id": [one.code for one in Account.objects.all()],
                "contacts": [1] * Account.objects.count(),
                "sponsors": [int(one.code == "K7401") for one in Account.objects.all()],
            }
        )
        expected = {row["account_id"]: row for row in kinds(evidence, records=records).to_pylist()}
        assert expected.keys() == set(Account.objects.values_list("code", flat=True))
        for code, row in expected.items():
            ours = figures(code)
            assert (ours.kind, ours.leader, ours.score, ours.confidence) == (
                row["kind"],
                row["leader"] or "",
                row["score"],
                row["confidence"],
            ), code
        assert expected["K7401"]["part_executives"] == 0.5

    def test_counts_proposals_commitments_and_visits_by_those_who_serve(self, company):
        account, by = company.accounts["K7101"], company.users["service"]
        TeamMember.objects.create(account=account, user=by, part="service", since=TODAY)
        for who, kind, day in ((by, "visit", 3), (by, "call", 4), (company.users["owner"], "visit", 5)):
            Touch.objects.create(
                account=account, by=who, kind=kind, minutes=60,
                began_at=dt.datetime(2025, 6, day, 9, tzinfo=dt.UTC), recorded_at=timezone.now(),
            )  # fmt: skip
        for taken, moved in ((True, 2025), (False, 2025), (True, 2024), (None, 2025)):
            Need.objects.create(
                account=account,
                text="要备件",
                owner=by,
                is_taken=taken,
                moved_on=dt.date(moved, 5, 1),
                dated=TODAY,
            )
        plan = AccountPlan.objects.create(account=account, year=2026, owner=by)
        for topic, due in (("project", 2026), ("project", 2025)):
            Commitment.objects.create(
                plan=plan,
                what="联合开发",
                topic=topic,
                agreed_on=dt.date(2025, 1, 1),
                due_on=dt.date(due, 12, 31),
            )
        for agreed, due in ((TODAY, 2026), (None, 2026), (dt.date(2024, 1, 1), 2025)):
            Commitment.objects.create(
                plan=plan, what="年度框架合同", agreed_on=agreed, due_on=dt.date(due, 12, 31)
            )
        rows = kind_records(dt.date(2025, 12, 31), TODAY, ()).to_pylist()
        told = next(row for row in rows if row["account_id"] == "K7101")
        assert (told["expert_visits"], told["touches"]) == (1, 3)
        assert (told["proposals"], told["proposals_accepted"], told["commitments"]) == (2, 1, 1)
        assert told["joint_projects"] == 1

    def test_class_and_effort_go_by_the_year_and_the_head_of_a_group_stands_for_all(self, told):
        row = kind_rows(told.run, ["K7103"])["K7103"]
        assert row["cost_to_serve"] == Decimal("1234.5678")
        assert row["effort"] == pytest.approx(1234.5678 / float(row["sales"]))
        head = kind_rows(told.run, ["K7104"])["K7104"]
        found = {one["account_id"]: one for one in told.found.accounts.to_pylist()}
        assert head["sales"] == found["K7104"]["sales"] > head["own_sales"]
        # K7302 belongs to K7104, which is in the set.
        assert found["K7104"]["in_set"]
        assert kind_rows(told.run, ["K7302"])["K7302"]["role"] == "economic"

    def test_comes_with_every_run_and_a_repeat_takes_the_settings_of_the_first(self, company):
        first = new_find(company.users["analyst"], settings_of(company.run), snapshot=company.snapshot)
        run_find.func(first.pk)
        assert has_kinds(first)
        change_setting("kinds.narrow_weight", Decimal(9))
        change_setting("classes.direct.least_sales", Decimal(5_000_000))
        again = new_find(
            company.users["analyst"], settings_of(company.run), snapshot=company.snapshot, repeats=first
        )
        run_find.func(again.pk)
        assert kept_settings(again) == kept_settings(first)
        assert kind_settings().narrow_weight == 9
        path = [run_folder(run) / "kinds.parquet" for run in (first, again)]
        one, other = (pq.read_table(each) for each in path)
        assert [name for name in one.column_names if one[name].to_pylist() != other[name].to_pylist()] == []
        kinds_again.func(first.pk)
        assert kept_settings(first) == (kind_settings(), role_settings())

    def test_is_empty_for_a_run_from_before_kinds_but_for_what_people_said(self, company, as_user):
        decide(
            company.accounts["K7101"],
            {"kind": "strategic"},
            reason=REASON,
            version=0,
            user=company.users["owner"],
        )
        show_kinds(company.run)
        assert list(KindFigures.objects.values_list("account__code", "kind")) == [("K7101", "strategic")]
        client = as_user("owner")
        for code, text in (("K7101", "战略型"), ("K7102", "没有这家客户的类型")):
            assert text in client.get(f"/accounts/{company.accounts[code].pk}/kinds/").content.decode()
        assert "还没有判断类型" in client.get("/find/kinds/").content.decode()


class TestADecision:
    def test_stays_over_the_next_computation_with_reason_and_person(self, told):
        computed = figures("K7101").kind
        decide(
            told.accounts["K7101"],
            {"kind": "strategic", "route": "own"},
            reason=REASON,
            version=0,
            user=told.users["owner"],
        )
        show_kinds(told.run)
        shown = figures("K7101")
        assert (shown.kind, shown.computed_kind, shown.route, shown.is_overruled) == (
            "strategic",
            computed,
            "own",
            True,
        )
        # Who is of the strategic kind plays the strategic role.
        assert shown.role == "strategic"
        kept = KindDecision.objects.get(account__code="K7101")
        assert (kept.reason, kept.decided_by, kept.history.first().history_user) == (
            REASON,
            told.users["owner"],
            told.users["owner"],
        )

    def test_is_taken_back_and_remembered(self, told):
        account, owner = told.accounts["K7101"], told.users["owner"]
        before = figures("K7101").kind
        decide(account, {"kind": "strategic"}, reason=REASON, version=0, user=owner)
        decide(account, {"kind": ""}, reason="", version=1, user=owner)
        assert (figures("K7101").kind, figures("K7101").is_overruled) == (before, False)
        assert [one.reason for one in account.kind_decision.history.all()] == ["", REASON]

    def test_needs_a_reason_and_the_version_that_was_read(self, told):
        account, owner = told.accounts["K7101"], told.users["owner"]
        with pytest.raises(DecisionError) as without:
            decide(account, {"kind": "strategic"}, reason=" ", version=0, user=owner)
        decide(account, {"route": "agent"}, reason="", version=0, user=owner)
        with pytest.raises(DecisionError) as late:
            decide(account, {"route": "own"}, reason="", version=0, user=owner)
        assert (without.value.code, late.value.code) == ("decision.reason", "decision.conflict")
        assert figures("K7101").route == "agent"

    def test_on_many_is_undone_but_for_what_was_decided_since(self, told):
        owner = told.users["owner"]
        decide(told.accounts["K7101"], {"role": "important"}, reason="标杆", version=0, user=owner)
        chosen = Account.objects.filter(code__in=["K7101", "K7102", "K7103"])
        bulk = decide_many(chosen, {"kind": "value_added", "role": ""}, reason=REASON, user=owner)
        assert {figures(code).kind for code in ("K7101", "K7102", "K7103")} == {"value_added"}
        decide(told.accounts["K7103"], {"kind": "transactional"}, reason="比价", version=1, user=owner)
        undone = undo_many(bulk, owner)
        assert (undone.restored, [one.code for one in undone.changed_since]) == (2, ["K7103"])
        assert figures("K7101").role == "important"
        assert not figures("K7102").is_overruled
        assert figures("K7103").kind == "transactional"
        with pytest.raises(DecisionError) as twice:
            undo_many(bulk, owner)
        assert twice.value.code == "decision.undone"


class TestWhatWeBuyFromIt:
    def keep(self, company, code, year, amount):
        return keep_bought(
            by=company.users["head"], account=company.accounts[code], year=year, amount=Decimal(amount),
            source="应付账款", today=TODAY,
        )  # fmt: skip

    def test_counts_the_last_whole_year_else_the_one_before(self, company):
        for code, year, amount in (
            ("K7101", 2025, 7), ("K7101", 2024, 5), ("K7103", 2024, 3), ("K7203", 2023, 2), ("K7404", 2025, 0),
        ):  # fmt: skip
            self.keep(company, code, year, amount)
        assert bought_by_code(dt.date(2025, 12, 31)) == {"K7101": 7, "K7103": 3, "K7404": 0}
        assert bought_by_code(dt.date(2025, 12, 30)) == {"K7101": 5, "K7103": 3, "K7203": 2}

    def test_makes_two_way_trade_and_the_role(self, told):
        row = kind_rows(told.run, ["K7401"])["K7401"]
        assert row["part_two_way"] is None
        self.keep(told, "K7401", 2025, row["own_sales"] / 10)
        self.keep(told, "K7103", 2025, 0)
        compute_kinds(told.run, whole_store(told.run.snapshot), result(told.run, None))
        rows = kind_rows(told.run, ["K7401", "K7103", "K7203"])
        # A tenth of its sales, of the fifth that counts as full.
        assert rows["K7401"]["part_two_way"] == pytest.approx(0.5, abs=1e-6)
        assert rows["K7401"]["is_group"]
        assert (rows["K7103"]["part_two_way"], rows["K7103"]["is_group"]) == (0, False)
        assert rows["K7203"]["part_two_way"] is None

    def test_is_noted_changed_and_taken_away_by_who_may(self, company, as_user):
        account = company.accounts["K7103"]
        address = f"/accounts/{account.pk}/bought-from/new/"
        data = {"year": "2024", "amount": "1200.5", "evidence": "采购台账"}
        assert as_user("colleague").post(address, data).status_code == 404
        assert as_user("planner").post(address, data).status_code == 403
        client = as_user("owner")
        assert 'name="evidence"' in client.get(address).content.decode()
        assert client.post(address, {**data, "year": "2999"}).status_code == 422
        assert client.post(address, data).status_code == 302
        again = client.post(address, data)
        assert again.status_code == 422
        assert "2024 年已经有了" in again.content.decode()
        record = account.bought_from.get()
        change = f"/find/bought-from/{record.pk}/"
        assert client.post(change, {**data, "amount": "9", "version": "1"}).status_code == 302
        assert client.post(change, {**data, "amount": "8", "version": "1"}).status_code == 409
        body = client.get(change).content.decode()
        assert "1,200" in body  # the history
        assert "采购台账" in client.get(f"/accounts/{account.pk}/kinds/").content.decode()
        assert as_user("colleague").post(f"{change}remove/").status_code == 404
        assert client.post(f"{change}remove/").status_code == 302
        assert not account.bought_from.exists()


class TestStanding:
    def test_gives_a_role_while_it_holds(self, told):
        account, owner = told.accounts["K7103"], told.users["owner"]
        before = figures("K7103").role
        standing = add_standing(
            account, "government", source="合同", since=dt.date(2024, 3, 1), until=None, user=owner
        )
        assert (before, figures("K7103").role) == ("ordinary", "important")
        assert [(row["account_id"], row["standing"]) for row in standing_table(TODAY).to_pylist()] == [
            ("K7103", "government")
        ]
        assert standing_table(dt.date(2024, 2, 29)).num_rows == 0
        end_standing(standing, until=dt.date(2025, 6, 30))
        assert figures("K7103").role == "ordinary"
        assert standing_table(dt.date(2025, 6, 30)).num_rows == 1
        assert standing_table(TODAY).num_rows == 0

    def test_is_kept_once_and_ends_after_it_begins(self, told):
        account, owner = told.accounts["K7103"], told.users["owner"]
        since = dt.date(2024, 3, 1)
        add_standing(account, "army", source="合同", since=since, until=None, user=owner)
        with pytest.raises(DecisionError) as twice:
            add_standing(account, "army", source="合同", since=since, until=None, user=owner)
        with pytest.raises(DecisionError) as backwards:
            add_standing(account, "public", source="合同", since=since, until=dt.date(2024, 2, 1), user=owner)
        assert (twice.value.code, backwards.value.code) == ("standing.there", "standing.dates")


class TestThePages:
    def test_show_the_scorecard_with_its_evidence_to_who_sees_the_account(self, told, as_user):
        pk = told.accounts["K7101"].pk
        for name in ("owner", "head", "director", "analyst", "planner", "service"):
            body = as_user(name).get(f"/accounts/{pk}/kinds/")
            assert body.status_code == 200, name
        body = as_user("owner").get(f"/accounts/{pk}/kinds/").content.decode()
        for text in (
            "月月都买",
            "全年有 12 个月有采购",
            "无法判断",
            f"/accounts/{pk}/lines/?from=2025-01-01&amp;to=2025-12-31",
        ):
            assert text in body
        for name in ("colleague", "neighbour", "stranger", "other_head", "admin", "nobody"):
            assert as_user(name).get(f"/accounts/{pk}/kinds/").status_code == 404, name

    def test_list_only_the_accounts_that_one_sees(self, told, as_user):
        body = as_user("owner").get("/find/kinds/").content.decode()
        assert [
            one.name in body
            for one in (told.accounts["K7101"], told.accounts["K7201"], told.accounts["K7401"])
        ] == [True, False, False]
        assert as_user("admin").get("/find/kinds/?part=count").content.decode() == "0 家"

    @pytest.mark.parametrize(
        ("query", "field", "value"),
        [
            ("kind=open", "kind", "open"),
            ("role=economic", "role", "economic"),
            ("class=direct", "volume_class", "direct"),
            ("route=own", "route", "own"),
            ("whose=over_ceiling", "is_over_ceiling", True),
            ("whose=overruled", "is_overruled", True),
        ],
    )
    def test_list_what_is_asked_for(self, told, as_user, query, field, value):
        decide(
            told.accounts["K7101"],
            {"kind": "strategic", "route": "own"},
            reason=REASON,
            version=0,
            user=told.users["owner"],
        )
        rows = as_user("director").get(f"/find/kinds/?{query}&format=json").json()["rows"]
        assert sorted(row["code"] for row in rows) == sorted(
            KindFigures.objects.filter(**{field: value}).values_list("account__code", flat=True)
        )
        assert len(rows) < 15

    def test_list_by_how_much_could_be_judged(self, told, as_user):
        client = as_user("director")
        counts = [
            len(client.get(f"/find/kinds/?confidence={one}&format=json").json()["rows"])
            for one in ("sure", "unsure")
        ]
        assert counts == [
            KindFigures.objects.filter(confidence__gte=0.5).count(),
            KindFigures.objects.filter(confidence__lt=0.5).count(),
        ]

    def test_take_a_decision_and_tell_what_is_missing(self, told, as_user):
        client, pk = as_user("owner"), told.accounts["K7101"].pk
        refused = client.post(f"/accounts/{pk}/kinds/decide/", {"kind": "strategic", "version": 0})
        assert refused.status_code == 409
        assert "要写理由" in refused.content.decode()
        assert (
            client.post(f"/accounts/{pk}/kinds/decide/", {"kind": "nonsense", "version": 0}).status_code
            == 409
        )
        assert (
            client.post(
                f"/accounts/{pk}/kinds/decide/", {"kind": "strategic", "reason": REASON, "version": 0}
            ).status_code
            == 302
        )
        body = client.get(f"/accounts/{pk}/kinds/").content.decode()
        assert REASON in body
        assert "人工确定" in body

    def test_take_standing_and_its_end(self, told, as_user):
        client, pk = as_user("owner"), told.accounts["K7103"].pk
        assert (
            client.post(f"/accounts/{pk}/kinds/standing/", {"standing": "army", "source": "合同"}).status_code
            == 409
        )
        told_of = {"standing": "army", "source": "合同", "since": "2024-03-01"}
        assert client.post(f"/accounts/{pk}/kinds/standing/", told_of).status_code == 302
        assert "特殊身份：军队" in client.get(f"/accounts/{pk}/kinds/").content.decode()
        standing = told.accounts["K7103"].standings.get()
        assert as_user("stranger").post(f"/find/standing/{standing.pk}/end/").status_code == 404
        assert client.post(f"/find/standing/{standing.pk}/end/").status_code == 302
        standing.refresh_from_db()
        assert standing.until is not None

    def test_decide_on_the_selected_and_undo_it(self, told, as_user):
        client = as_user("owner")
        ids = [told.accounts[code].pk for code in ("K7101", "K7102", "K7401")]
        assert "确定 2 家客户" in client.get("/find/kinds/bulk/", {"ids": ids}).content.decode()
        assert client.post("/find/kinds/bulk/", {"ids": ids}).status_code == 409
        done = client.post("/find/kinds/bulk/", {"ids": ids, "kind": "value_added", "reason": REASON})
        assert "附加价值型" in client.get(done["Location"]).content.decode()
        # The third is not the owner's to see.
        assert sorted(KindDecision.objects.values_list("account__code", flat=True)) == ["K7101", "K7102"]
        bulk = KindBulk.objects.get()
        assert as_user("director").post(f"/find/kinds/bulk/{bulk.pk}/undo/").status_code == 404
        client.post(f"/find/kinds/bulk/{bulk.pk}/undo/")
        assert not KindFigures.objects.filter(is_overruled=True).exists()

    def test_let_nobody_decide_who_may_not_edit_accounts(self, told, as_user):
        pk = told.accounts["K7101"].pk
        client = as_user("planner")
        for address in (
            f"/accounts/{pk}/kinds/decide/",
            f"/accounts/{pk}/kinds/standing/",
            "/find/kinds/bulk/",
        ):
            assert (
                client.post(
                    address, {"kind": "strategic", "reason": REASON, "version": 0, "ids": [pk]}
                ).status_code
                == 403
            )
        assert as_user("owner").post("/find/kinds/again/").status_code == 403
        assert as_user("stranger").post(f"/accounts/{pk}/kinds/decide/", {"version": 0}).status_code == 404
        assert not KindDecision.objects.exists()

    def test_show_the_classes_as_the_company_names_them(self, told, as_user):
        change_setting("classes.network.name", "网格")
        decide(
            told.accounts["K7101"],
            {"volume_class": "network"},
            reason=REASON,
            version=0,
            user=told.users["owner"],
        )
        assert (
            "网格" in as_user("owner").get(f"/accounts/{told.accounts['K7101'].pk}/kinds/").content.decode()
        )
        assert "网格" in as_user("owner").get("/find/kinds/").content.decode()

    def test_ask_few_questions_of_the_database(self, told, as_user, django_assert_max_num_queries):
        for code in ("K7101", "K7102"):
            decide(
                told.accounts[code], {"kind": "strategic"}, reason=REASON, version=0, user=told.users["owner"]
            )
        client = as_user("director")
        with django_assert_max_num_queries(20):
            client.get("/find/kinds/")
        with django_assert_max_num_queries(20):
            client.get(f"/accounts/{told.accounts['K7101'].pk}/kinds/")


def test_the_library_takes_the_tables_as_they_are(told):
    table = pq.read_table(run_folder(told.run) / "kinds.parquet")
    assert roles(table, standing=standing_table(TODAY)).num_rows == table.num_rows
