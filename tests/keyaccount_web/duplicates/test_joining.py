"""What both accounts have under one name becomes one with them, and two again when the merge is undone (K2, K3, K9)."""

import datetime as dt

import pytest

from keyaccount_web.duplicates.services import MergeRefusedError, preview, undo
from keyaccount_web.know.contact_services import add_contact
from keyaccount_web.know.models import Contact
from keyaccount_web.know.structure import maps, services
from keyaccount_web.know.structure.departments import departments_of, keep_department
from keyaccount_web.know.structure.models import Department, Influence, MapPerson, Relation, Tie
from keyaccount_web.know.structure.reading import people_map
from keyaccount_web.know.year.services import keep_step
from tests.keyaccount_web.duplicates.test_merge import director, merged_by, of, records  # noqa: F401 - fixtures

TODAY = dt.date(2025, 1, 10)


def step(user, account, what, approver=None):
    source = {"source_kind": "customer", "source": "采购部", "dated": TODAY, "permission": "internal"}
    return keep_step(by=user, account=account, source=source, place=None, approver=approver, what=what, department="采购部")  # fmt: skip


@pytest.fixture
def two(company):
    """K7101 and K7201, each with two people, a map 轴承, departments that belong to each other the other way round, ties, steps."""
    a, b = (company.accounts[code] for code in ("K7101", "K7201"))
    user = company.users["director"]
    third = company.accounts["K7103"].contacts.get()
    people = {}
    for account, names in ((a, ("沈总", "顾总监")), (b, ("丁总", "贺工"))):
        account.contacts.all().delete()
        topic = maps.add_map(account, "轴承")
        services.keep_tie(account=account, contact=third, title="顾问", stance="neutral", column=5, row=0)
        for column, name in enumerate(names):
            one = people[name] = add_contact(account, {"name": name, "department": "采购部"})
            services.place(one, column, 0, version=None)
            services.place(one, column, 0, version=None, account=account, chosen=topic)
        services.place(third, 5, 0, version=None, account=account, chosen=topic)
        first, second = (people[name] for name in names)
        services.keep_relation(second, version=None, values={"reports_to": first, "stance": "critic"})
        services.draw(first, second, "influence", account=account, chosen=topic)
        services.draw(third, third_to := first, "conflict", account=account, chosen=topic)
        step(user, account, f"{third_to.name}询价")
        step(user, account, f"{third_to.name}定标", first)
    maps.add_map(b, "传动")
    keep_department(a, values={"name": "运营部"})
    keep_department(a, values={"name": "采购部", "parent": "运营部"})
    keep_department(b, values={"name": "采购部", "note": "周二接待"})
    keep_department(b, values={"name": "运营部", "parent": "采购部"})
    keep_department(b, values={"name": "招标组", "parent": "采购部"})
    # Each knows somebody of the other already.
    services.keep_tie(account=a, contact=people["贺工"], title="共同项目", political="inner_circle")
    services.keep_tie(account=b, contact=people["沈总"], title="股东", stance="mentor")
    return a, b, people


class TestJoined:
    def test_a_map_of_one_name_is_one_with_the_people_and_lines_of_both(self, two, director):  # noqa: F811
        a, b, people = two
        (told,) = [one for one in preview(a, b).moving if one.text_code == "kind.structure.influencemap"]
        assert (told.moved, told.joined, told.kept) == (1, 1, 0)  # 传动 moves, 轴承 is one
        merged_by(director, a, b)
        assert [one.name for one in a.maps.order_by("pk")] == ["轴承", "传动"]
        topic = a.maps.get(name="轴承")
        placed = {
            one.contact.name: (one.stand.column, one.stand.row)
            for one in people_map(a, topic).on_it
            if one.contact.name in people
        }
        # Who was there keeps their place; those who came lay on them, and stand below side by side as they did.
        assert placed == {"沈总": (0, 0), "顾总监": (1, 0), "丁总": (0, 1), "贺工": (1, 1)}
        lines = {(one.source.name, one.target.name) for one in people_map(a, topic).lines}
        assert {("沈总", "顾总监"), ("丁总", "贺工")} <= lines
        assert len(lines) == 4
        assert not Influence.objects.filter(account=a).exclude(map__account=a).exists()

    def test_the_standing_map_has_nobody_on_another(self, two, director):  # noqa: F811
        a, b, people = two
        merged_by(director, a, b)
        found = {one.contact.name: (one.stand.column, one.stand.row) for one in people_map(a).people}
        assert [found[name] for name in people] == [(0, 0), (1, 0), (0, 1), (1, 1)]
        assert Relation.objects.get(contact=people["贺工"]).reports_to == people["丁总"]

    def test_departments_of_one_name_are_one_and_none_belongs_to_itself(self, two, director):  # noqa: F811
        a, b, _ = two
        merged_by(director, a, b)
        told = {one.name: (one.depth, len(one.people)) for one in departments_of(a)}
        assert told == {"运营部": (0, 0), "采购部": (1, 4), "招标组": (2, 0)}
        kept = Department.objects.get(account=a, name="采购部")
        assert (kept.parent, kept.note) == ("运营部", "周二接待")

    def test_whoever_was_tied_belongs_to_it_now_with_what_the_tie_said(self, two, director):  # noqa: F811
        a, b, people = two
        merged_by(director, a, b)
        assert [one.contact_id for one in Tie.objects.filter(account=a)] == [
            Tie.objects.get(account=b, title="顾问").contact_id
        ]
        told = {name: Relation.objects.get(contact=people[name]) for name in ("贺工", "沈总")}
        assert (told["贺工"].stance, told["贺工"].political) == ("critic", "inner_circle")
        assert told["沈总"].stance == "mentor"

    def test_steps_that_came_are_counted_on(self, two, director):  # noqa: F811
        a, b, _ = two
        merged_by(director, a, b)
        assert [(one.place, one.what) for one in a.buying_steps.all()] == [
            (1, "沈总询价"),
            (2, "沈总定标"),
            (3, "丁总询价"),
            (4, "丁总定标"),
        ]

    def test_is_undone_row_by_row_whichever_way_it_went(self, two, director):  # noqa: F811
        a, b, _ = two
        # Of somebody of whom nothing else is known the tie tells, on a place that is taken then.
        new = add_contact(b, {"name": "段工"})
        services.keep_tie(account=a, contact=new, stance="supporter", column=0, row=1)
        before = records()
        for survivor, other in ((a, b), (b, a)):
            record = merged_by(director, survivor, other)
            assert records() != before
            undo(record.pk, user=director)
            assert records() == before

    def test_keeps_what_was_changed_since(self, two, director):  # noqa: F811
        a, b, _ = two
        record = merged_by(director, a, b)
        kept = Department.objects.get(account=a, name="采购部")
        keep_department(a, record=kept, values={"name": "采购部", "parent": "运营部", "note": "周五接待"})
        undo(record.pk, user=director)
        assert Department.objects.get(pk=kept.pk).note == "周五接待"

    def test_is_not_taken_apart_once_somebody_was_taken_off_the_map(self, two, director):  # noqa: F811
        a, b, people = two
        record = merged_by(director, a, b)
        services.leave_map(a.maps.get(name="轴承"), people["丁总"])
        before = records()
        with pytest.raises(MergeRefusedError) as caught:
            undo(record.pk, user=director)
        assert (caught.value.code, records()) == ("merge.undo_impossible", before)
        assert "丁总" in caught.value.values["records"]


def test_a_block_that_does_not_fit_below_fills_free_places(two, director):  # noqa: F811
    a, b, people = two
    MapPerson.objects.filter(contact=people["沈总"]).update(row=39)
    merged_by(director, a, b)
    cells = MapPerson.objects.filter(map=a.maps.get(name="轴承")).values_list("column", "row")
    assert len(set(cells)) == len(cells) == 5
    assert Contact.objects.filter(account=a).count() == 4
