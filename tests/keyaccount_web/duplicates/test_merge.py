"""Two accounts become one and two again: everything moves, nothing is lost, and what stands in the way is said (K9)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simple_history.models import HistoricalChanges

from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts, visible_codes
from keyaccount_web.duplicates.models import Merge
from keyaccount_web.duplicates.references import references
from keyaccount_web.duplicates.services import MergeRefusedError, merge, preview, undo
from keyaccount_web.know.models import Account, AccountFigures, Contact, CostToServe, TeamMember
from keyaccount_web.know.services import make_current
from keyaccount_web.runs.services import merged_otherwise, new_find, settings_of
from keyaccount_web.runs.tasks import run_find
from keyaccount_web.tables.ledger import ledger_for
from keyaccount_web.tables.records import groups_table, merged_table
from tests.keyaccount_web.company import SINCE

CHECKS = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def records():
    """Every record of every chapter but histories and merges; without what counts versions."""
    told = {}
    for model in apps.get_models():
        if (
            issubclass(model, HistoricalChanges)
            or model is Merge
            # Saving an account says when and by whom its fields were confirmed.
            or model._meta.label == "work.FieldConfirmation"
            or model._meta.app_label in ("search", "duplicates")
            or not model.__module__.startswith("keyaccount_web")
        ):
            continue
        names = [
            one.attname for one in model._meta.concrete_fields if one.attname not in ("version", "updated_at")
        ]
        told[model._meta.label] = sorted(map(str, model._base_manager.values_list(*names)))
    return told


def merged_by(user, survivor, other, **chosen):
    survivor, other = (Account.objects.get(pk=one.pk) for one in (survivor, other))
    return merge(survivor.pk, other.pk, chosen, versions=(survivor.version, other.version), user=user)


@pytest.fixture
def director(company):
    return company.users["director"]


@pytest.fixture
def of(company):  # noqa: ARG001
    """An account by its code, as it is now."""
    return lambda code: Account.with_merged.get(code=code)


class TestMerged:
    def test_accounts_are_one_with_all_records_of_both(self, company, director, of):
        a, b = of("K7101"), of("K7103")
        record = merged_by(director, a, b)
        assert set(a.contacts.values_list("phone", flat=True)) == {"13900007101", "13900007103"}
        assert a.costs_to_serve.get().amount == Decimal("1234.5678")
        assert of("K7103").merged_into == a
        assert {("know.contact", 1), ("know.costtoserve", 1)} <= {
            (one["model"], len(one["ids"])) for one in record.moved
        }

    def test_account_is_in_no_list_but_its_code_is_remembered(self, company, director, of):
        merged_by(director, of("K7101"), of("K7103"))
        assert not visible_accounts(director).filter(code="K7103").exists()
        assert dict(
            zip(*(merged_table()[name].to_pylist() for name in ("account_id", "into_id")), strict=True)
        ) == {"K7103": "K7101"}
        assert "K7103" in visible_codes(company.users["owner"])
        assert "K7103" not in visible_codes(company.users["stranger"])

    def test_takes_the_survivors_fields_and_the_others_where_those_are_empty(self, company, director, of):
        Account.objects.filter(code="K7101").update(tax_number="", address="", owner=None)
        Account.objects.filter(code="K7201").update(tax_number="91330100MA27X", channel="直销")
        merged_by(director, of("K7101"), of("K7201"))
        told = of("K7101")
        assert (told.name, told.industry) == ("云帆机械", "业7101")
        assert (told.tax_number, told.channel, told.address) == ("91330100MA27X", "直销", "浙西路7201号")
        assert told.owner == company.users["colleague"]

    def test_takes_field_by_field_what_was_chosen(self, company, director, of):
        merged_by(director, of("K7101"), of("K7201"), name="merged", owner="merged", region="survivor")
        told = of("K7101")
        assert (told.name, told.owner.username, told.region) == ("弘毅电气", "colleague", "浙北")

    def test_keeps_what_the_survivor_has_the_like_of_with_the_merged_account(self, company, director, of):
        a, b = of("K7101"), of("K7103")
        for account in (a, b):
            TeamMember.objects.create(account=account, user=company.users["planner"], since=SINCE)
        TeamMember.objects.create(account=b, user=company.users["service"], since=SINCE)
        (team,) = [one for one in preview(a, b).moving if one.text_code == "kind.know.teammember"]
        assert (team.moved, team.kept) == (1, 1)
        record = merged_by(director, a, b)
        assert [
            (one["model"], len(one["ids"])) for one in record.kept if one["model"].startswith("know.")
        ] == [("know.teammember", 1)]
        assert TeamMember.objects.filter(account=b).get().user == company.users["planner"]
        assert set(a.team.values_list("user__username", flat=True)) == {"planner", "service"}

    def test_writes_it_in_the_histories(self, company, director, of):
        record = merged_by(director, of("K7101"), of("K7103"))
        reason = f"merge {record.pk}"
        assert of("K7101").history.first().history_change_reason == reason
        assert of("K7103").history.first().history_change_reason == reason
        assert Contact.objects.get(phone="13900007103").history.first().history_change_reason == reason

    def test_are_moved_by_every_field_that_points_at_an_account(self, company):
        told = {(one.label, one.field) for one in references()}
        assert {
            ("know.contact", "account"),
            ("know.teammember", "account"),
            ("know.costtoserve", "account"),
            ("know.account", "parent"),
            ("know.account", "merged_into"),
        } <= told
        assert not any("histor" in label or label.startswith("duplicates.") for label, _ in told)


class TestAGroupTree:
    def parents(self):
        return dict(Account.objects.filter(parent__isnull=False).values_list("code", "parent__code"))

    def test_hands_subsidiaries_to_the_survivor(self, company, director, of):
        merged_by(director, of("K7101"), of("K7104"))
        assert self.parents() == {"K7302": "K7101", "K7403": "K7101"}
        assert set(groups_table()["parent_id"].to_pylist()) == {"K7101"}

    def test_lets_a_parent_go_into_its_subsidiary(self, company, director, of):
        Account.objects.filter(code="K7104").update(parent=of("K7201"))
        record = merged_by(director, of("K7302"), of("K7104"))
        assert self.parents() == {"K7302": "K7201", "K7403": "K7302"}
        undo(record.pk, user=director)
        assert self.parents() == {"K7302": "K7104", "K7403": "K7104", "K7104": "K7201"}

    def test_lets_a_subsidiary_go_into_its_parent(self, company, director, of):
        merged_by(director, of("K7104"), of("K7302"))
        assert self.parents() == {"K7403": "K7104"}

    def test_never_goes_in_a_circle(self, company, director, of):
        # K7104 › K7302 › K7101: the survivor's own parent lies below what goes into it.
        Account.objects.filter(code="K7101").update(parent=of("K7302"))
        Account.objects.filter(code="K7104").update(parent=of("K7201"))
        with pytest.raises(MergeRefusedError) as caught:
            merged_by(director, of("K7101"), of("K7104"), parent="survivor")
        assert caught.value.code == "merge.circle"
        merged_by(director, of("K7101"), of("K7104"))
        assert self.parents() == {"K7101": "K7201", "K7302": "K7101", "K7403": "K7101"}


class TestFigures:
    def test_are_summed_until_a_run_finds_the_accounts_as_one(self, company, director, of):
        rows = {row["account_id"]: row for row in company.found.accounts.to_pylist()}
        total = sum(AccountFigures.objects.values_list("sales", flat=True))
        merged_by(director, of("K7103"), of("K7101"))
        told = of("K7103").figures
        assert told.sales == rows["K7101"]["sales"] + rows["K7103"]["sales"]
        assert told.profit == rows["K7101"]["profit"] + rows["K7103"]["profit"]
        assert told.verdict == rows["K7101"]["verdict"]  # the larger of the two
        assert not AccountFigures.objects.filter(account=of("K7101")).exists()
        assert sum(AccountFigures.objects.values_list("sales", flat=True)) == total
        assert merged_otherwise(company.run) == {"K7103"}

    def test_of_a_run_are_those_of_one_account(self, company, director, of):
        merged_by(director, of("K7103"), of("K7101"))
        summed = of("K7103").figures.sales
        run = new_find(director, settings_of(company.run))
        run_find.func(run.pk)
        run.refresh_from_db()
        make_current(run)
        assert of("K7103").figures.sales == summed
        assert merged_otherwise(run) == frozenset()
        # The older run made current again counts them as one as well.
        make_current(company.run)
        assert of("K7103").figures.sales == summed

    def test_stay_summed_in_a_run_of_before_they_were_taken_apart_and_that_is_said(
        self, company, director, of
    ):
        record = merged_by(director, of("K7103"), of("K7101"))
        run = new_find(director, settings_of(company.run))
        run_find.func(run.pk)
        run.refresh_from_db()
        make_current(run)
        undo(record.pk, user=director)
        assert merged_otherwise(run) == {"K7103"}
        assert not AccountFigures.objects.filter(account=of("K7101")).exists()

    def test_lines_are_read_as_the_survivors_by_whoever_sees_it(self, company, director, of):
        apart = ledger_for(company.users["owner"])
        both = apart.of(["K7101", "K7201"]).net_amount.sum().to_pyarrow().as_py()
        alone = apart.of(["K7101"]).net_amount.sum().to_pyarrow().as_py()
        assert both == alone  # K7201 is a colleague's
        merged_by(director, of("K7101"), of("K7201"))
        told = ledger_for(company.users["owner"])
        rows = (
            told.of(["K7101"]).select("account_id", "ledger_account_id").distinct().to_pyarrow().to_pylist()
        )
        assert {(row["account_id"], row["ledger_account_id"]) for row in rows} == {
            ("K7101", "K7101"),
            ("K7101", "K7201"),
        }
        whole = ledger_for(director).lines
        expected = whole.filter(whole.account_id == "K7101").net_amount.sum().to_pyarrow().as_py()
        assert told.of(["K7101"]).net_amount.sum().to_pyarrow().as_py() == expected > alone
        assert not ledger_for(company.users["colleague"]).of(["K7101", "K7201"]).count().to_pyarrow().as_py()


class TestRefused:
    def refused(self, *told, **more):
        before = records()
        with pytest.raises(MergeRefusedError) as caught:
            merged_by(*told, **more)
        assert records() == before
        assert caught.value.text("zh")
        return caught.value.code

    def test_is_an_account_with_itself(self, director, of):
        assert self.refused(director, of("K7101"), of("K7101")) == "merge.same"

    def test_are_roles_without_the_right(self, company, of):
        for name in ("owner", "analyst", "service", "executive", "planner", "admin"):
            assert not may(company.users[name], Right.MERGE)
            assert self.refused(company.users[name], of("K7101"), of("K7103")) == "merge.not_allowed"

    def test_is_an_account_outside_ones_scope(self, company, of):
        assert self.refused(company.users["head"], of("K7101"), of("K7401")) == "merge.gone"
        merged_by(company.users["head"], of("K7101"), of("K7301"))

    def test_is_what_was_changed_since_it_was_looked_at(self, company, director, of):
        a, b = of("K7101"), of("K7103")
        Account.objects.filter(pk=b.pk).update(version=7)
        with pytest.raises(MergeRefusedError) as caught:
            merge(a.pk, b.pk, {}, versions=(a.version, b.version), user=director)
        assert (caught.value.code, caught.value.values["names"]) == ("merge.changed", ["惠泽五金"])

    def test_is_what_a_colleague_has_just_merged_the_other_way(self, company, director, of):
        a, b = of("K7101"), of("K7103")
        merged_by(director, a, b)
        with pytest.raises(MergeRefusedError) as caught:
            merge(b.pk, a.pk, {}, versions=(b.version, a.version), user=director)
        assert caught.value.code == "merge.gone"


class TestUndone:
    def test_leaves_what_was_added_since_with_the_survivor(self, company, director, of):
        a, b = of("K7101"), of("K7103")
        record = merged_by(director, a, b)
        Contact.objects.create(account=a, name="新人")
        CostToServe.objects.create(account=a, amount=Decimal(5), date=dt.date(2025, 1, 1))
        undo(record.pk, user=director)
        assert set(a.contacts.values_list("name", flat=True)) == {"械机帆云", "新人"}
        assert list(b.contacts.values_list("name", flat=True)) == ["金五泽惠"]
        assert a.costs_to_serve.get().amount == Decimal(5)

    def test_keeps_a_field_that_was_changed_since_and_says_so(self, company, director, of):
        record = merged_by(
            director, of("K7101"), of("K7103"), name="merged", region="merged", remark="merged"
        )
        Account.objects.filter(code="K7101").update(remark="后来写的")
        assert undo(record.pk, user=director) == ["remark"]
        told = of("K7101")
        assert (told.name, told.remark) == ("云帆机械", "后来写的")

    def test_is_refused_where_a_record_was_removed_and_names_it(self, company, director, of):
        record = merged_by(director, of("K7101"), of("K7103"))
        Contact.objects.get(phone="13900007103").delete()
        with pytest.raises(MergeRefusedError) as caught:
            undo(record.pk, user=director)
        assert (caught.value.code, caught.value.values["records"]) == ("merge.undo_impossible", ["金五泽惠"])
        assert of("K7103").merged_into is not None

    def test_is_refused_where_a_record_was_moved_on(self, company, director, of):
        record = merged_by(director, of("K7101"), of("K7103"))
        Contact.objects.filter(phone="13900007103").update(account=of("K7201"))
        with pytest.raises(MergeRefusedError) as caught:
            undo(record.pk, user=director)
        assert caught.value.values["records"] == ["金五泽惠"]

    def test_waits_for_a_later_merge_to_be_undone(self, company, director, of):
        first = merged_by(director, of("K7101"), of("K7103"))
        second = merged_by(director, of("K7201"), of("K7101"))
        with pytest.raises(MergeRefusedError) as caught:
            undo(first.pk, user=director)
        assert (caught.value.code, caught.value.values["name"]) == ("merge.undo_later", "云帆机械")
        undo(second.pk, user=director)
        undo(first.pk, user=director)
        assert not Account.with_merged.filter(merged_into__isnull=False).exists()

    def test_happens_once(self, company, director, of):
        record = merged_by(director, of("K7101"), of("K7103"))
        undo(record.pk, user=director)
        with pytest.raises(MergeRefusedError) as caught:
            undo(record.pk, user=director)
        assert caught.value.code == "merge.undone"

    def test_is_for_those_who_would_see_both(self, company, director, of):
        record = merged_by(director, of("K7101"), of("K7401"), owner="survivor")
        for name, code in (("head", "merge.gone"), ("owner", "merge.not_allowed")):
            with pytest.raises(MergeRefusedError) as caught:
                undo(record.pk, user=company.users[name])
            assert caught.value.code == code
        undo(record.pk, user=director)


class TestAnyMerges:
    @settings(max_examples=15, deadline=None, suppress_health_check=CHECKS)
    @given(st.data())
    def test_undone_in_reverse_give_back_every_record_and_lose_none_meanwhile(self, company, data):
        director = company.users["director"]
        with transaction.atomic():
            codes = list(company.accounts)
            users = [company.users[name] for name in ("planner", "service", "colleague")]
            for code in data.draw(st.lists(st.sampled_from(codes), max_size=8), label="team"):
                TeamMember.objects.get_or_create(
                    account=company.accounts[code], user=data.draw(st.sampled_from(users)), since=SINCE
                )
            for code in data.draw(st.lists(st.sampled_from(codes), max_size=5), label="costs"):
                amount = Decimal(data.draw(st.integers(1, 10**6))) / 100
                CostToServe.objects.create(account=company.accounts[code], amount=amount)
            for number, code in enumerate(codes):  # a parent stands further left, so there is no circle
                if number and data.draw(st.booleans()):
                    parent = company.accounts[data.draw(st.sampled_from(codes[:number]))]
                    Account.objects.filter(code=code).update(parent=parent)
            states, merges = [records()], []
            for _ in range(data.draw(st.integers(1, 4), label="merges")):
                standing = list(Account.objects.order_by("code"))
                survivor = data.draw(st.sampled_from(standing))
                other = data.draw(st.sampled_from([one for one in standing if one != survivor]))
                sides = st.sampled_from(["survivor", "merged"])
                chosen = {
                    name: data.draw(sides) for name in ("name", "region", "owner") if data.draw(st.booleans())
                }
                merges.append(merged_by(director, survivor, other, **chosen))
                states.append(records())
                for label, rows in states[0].items():
                    if label != "know.AccountFigures":
                        assert len(states[-1][label]) == len(rows), label
                before, after = (
                    sorted(row.split("Decimal")[1] for row in state["know.CostToServe"])
                    for state in (states[0], states[-1])
                )
                assert before == after
                standing_ids = set(Account.objects.values_list("pk", flat=True))
                assert set(Contact.objects.values_list("account", flat=True)) <= standing_ids
                assert set(CostToServe.objects.values_list("account", flat=True)) <= standing_ids
                for account in Account.objects.all():  # the tree has a top everywhere
                    met = set()
                    while account is not None:
                        assert account.pk not in met
                        met.add(account.pk)
                        account = account.parent
            for record, state in zip(reversed(merges), reversed(states[:-1]), strict=True):
                assert undo(record.pk, user=director) == []
                assert records() == state
            transaction.set_rollback(True)
