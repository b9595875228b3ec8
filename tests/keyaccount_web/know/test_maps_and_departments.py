"""Maps of topics, people of other customers on them, and departments: each by its own rules, seen by who may see the account (K2)."""

import pytest
from django.urls import reverse

from keyaccount_web.know.contact_services import add_contact, edit_contact, version_of
from keyaccount_web.know.models import Contact
from keyaccount_web.know.record_kit import RecordChangedError, RecordError
from keyaccount_web.know.structure import maps, services
from keyaccount_web.know.structure.arranging import arrange
from keyaccount_web.know.structure.departments import departments_of, keep_department, remove_department
from keyaccount_web.know.structure.models import Department, Influence, InfluenceMap, MapPerson, Relation, Tie
from keyaccount_web.know.structure.reading import people_map


@pytest.fixture
def account(company):
    return company.accounts["K7101"]


@pytest.fixture
def people(account):
    account.contacts.all().delete()
    return [add_contact(account, {"name": name}) for name in ("沈总", "顾总监", "丁主管")]


@pytest.fixture
def tied(company, account):
    """Of K7102, whose owner is that of K7101, too."""
    contact = company.accounts["K7102"].contacts.get()
    services.keep_tie(account=account, contact=contact, title="集团顾问", stance="mentor", political="inner_circle", roles=["approver"], column=0, row=3)  # fmt: skip
    return contact


class TestMapsOfTopics:
    def test_say_each_for_itself_what_somebody_is(self, account, people):
        services.keep_relation(people[0], version=0, values={"stance": "enemy", "roles": ["decision_maker"], "political": "inner_circle"})  # fmt: skip
        topic = maps.add_map(account, "  轴承 ")
        assert [one.code for one in people_map(account, topic).told.warnings] == ["people.nobody_on_map"]
        services.keep_stand(topic, people[0], version=0, values={"stance": "mentor", "roles": ["approver"], "political": "inner_circle"})  # fmt: skip
        there, standing = people_map(account, topic), people_map(account)
        assert (there.told.light, there.told.supporters, there.told.opponents) == ("green", 1, 0)
        assert "people.no_decision_maker" in [one.code for one in there.told.warnings]
        assert (standing.told.light, standing.told.opponents) == ("red", 1)
        assert [one.contact.name for one in there.on_it] == ["沈总"]
        assert Relation.objects.get(contact=people[0]).stance == "enemy"

    def test_begin_as_a_copy_and_change_apart(self, account, people, tied):
        services.keep_relation(people[1], version=0, values={"reports_to": people[0], "stance": "critic"})
        arrange(account)
        services.draw(tied, people[0], "influence", account=account)
        topic = maps.add_map(account, "轴承", is_copy=True)
        copy, standing = people_map(account, topic), people_map(account)
        places = [{one.contact.name: (one.stand.column, one.stand.row, one.stand.stance) for one in told.people} for told in (copy, standing)]  # fmt: skip
        assert places[0] == places[1]
        assert len(places[0]) == 4
        assert [(one.source_id, one.target_id, one.map) for one in copy.lines] == [(tied.pk, people[0].pk, topic)]  # fmt: skip
        services.draw(tied, people[0], "influence", account=account, chosen=topic)
        services.place(people[0], 9, 9, version=1, account=account, chosen=topic)
        assert not people_map(account, topic).lines
        assert Influence.objects.get().map is None
        assert Relation.objects.get(contact=people[0]).column != 9
        assert MapPerson.history.count() == 5

    def test_have_a_name_each_and_tell_who_is_late(self, account):
        first = maps.add_map(account, "轴承")
        for name, code in (("轴承", "people.map_there"), ("  ", "people.map_unnamed")):
            with pytest.raises(RecordError) as error:
                maps.add_map(account, name)
            assert error.value.code == code
        assert maps.rename_map(first, "滑轨", version=1).version == 2
        with pytest.raises(RecordChangedError):
            maps.rename_map(first, "钢球", version=1)
        maps.remove_map(first)
        assert [one.history_type for one in InfluenceMap.history.all()] == ["-", "~", "+"]

    def test_two_who_put_the_same_person_on_are_told(self, account, people):
        topic = maps.add_map(account, "轴承")
        services.keep_stand(topic, people[0], version=0, values={"stance": "critic"})
        with pytest.raises(RecordChangedError):
            services.keep_stand(topic, people[0], version=0, values={"stance": "mentor"})
        services.line(people[0], people[1], "conflict", chosen=topic)
        services.leave_map(topic, people[0])
        assert not MapPerson.objects.exists()
        assert not Influence.objects.exists()

    def test_are_chosen_and_kept_on_pages(self, as_user, account, people, tied):
        client = as_user("owner")
        home = reverse("account_people", args=[account.pk])
        made = client.post(f"{home}maps/new/", {"name": "轴承", "is_copy": "on"})
        topic = InfluenceMap.objects.get()
        assert made.url == f"{home}?map={topic.pk}"
        sent = {"stance": "enemy", "roles": ["user"], "political": "", "covered_by": "", "version": "0"}
        there = f"{home}{people[0].pk}/?map={topic.pk}"
        assert client.post(there, sent).status_code == 302
        assert client.post(there, sent).status_code == 409
        line = {"source": tied.pk, "target": people[0].pk, "kind": "conflict"}
        client.post(f"{home}line/?map={topic.pk}", line)
        client.post(f"{home}arrange/?map={topic.pk}")
        page = client.get(made.url).content.decode()
        assert 'class="line-conflict line-tied"' in page
        assert page.count("is-tied") >= 1
        assert "line-conflict" not in client.get(home).content.decode()
        assert client.post(f"{home}{people[0].pk}/leave/?map={topic.pk}").status_code == 302
        assert client.get(f"{home}?map=999").status_code == 404
        other = as_user("colleague")
        assert other.get(made.url).status_code == 404
        assert other.post(f"{home}maps/{topic.pk}/", {"name": "x"}).status_code == 404
        assert client.post(f"{home}maps/{topic.pk}/remove/").status_code == 302
        assert not InfluenceMap.objects.exists()


class TestThoseOfOtherCustomers:
    def test_are_drawn_with_their_lines_and_counted(self, as_user, account, people, tied):
        services.place(people[0], 0, 0, version=0)
        client = as_user("owner")
        home = reverse("account_people", args=[account.pk])
        client.post(f"{home}line/", {"source": tied.pk, "target": people[0].pk, "kind": "influence"})
        placed = client.post(f"{home}{tied.pk}/place/", {"column": "2", "row": "2", "version": "1"})
        assert placed.json() == {"version": 2}
        told = people_map(account)
        assert told.told.light == "green"
        assert [one.contact.pk for one in told.people if one.tie] == [tied.pk]
        page = client.get(home).content.decode()
        assert 'class="line-influence line-tied"' in page
        assert f"影响：{people[0].name}" in page

    def test_may_not_be_joined_once_the_tie_is_over_nor_without_one(self, company, account, people, tied):
        stranger = company.accounts["K7201"].contacts.get()
        with pytest.raises(RecordError) as error:
            services.line(stranger, people[0], "influence", account=account)
        assert error.value.code == "people.other_account"
        services.line(tied, people[0], "influence", account=account)
        Tie.objects.update(until="2020-01-01")
        with pytest.raises(RecordError):
            services.line(tied, people[1], "influence", account=account)
        assert people_map(account).lines == []
        assert people_map(account).told.light == "red"

    def test_are_named_nowhere_to_who_may_not_see_their_customer(self, company, as_user, account, people):  # fmt: skip
        stranger = company.accounts["K7201"].contacts.get()
        kept = services.keep_tie(account=account, contact=stranger, roles=["approver"], column=0, row=0)
        services.line(stranger, people[0], "influence", account=account)
        topic = maps.add_map(account, "轴承", is_copy=True)
        home = reverse("account_people", args=[account.pk])
        client = as_user("owner")
        for url in (home, f"{home}?map={topic.pk}", f"{home}ties/{kept.pk}/", f"{home}{stranger.pk}/?map={topic.pk}"):  # fmt: skip
            page = client.get(url).content.decode()
            assert stranger.name not in page
            assert company.accounts["K7201"].name not in page
        assert "别家客户的人" in client.get(home).content.decode()


class TestArranging:
    def test_takes_as_many_queries_for_two_hundred_as_for_three(self, account, people, django_assert_max_num_queries):  # fmt: skip
        Contact.objects.bulk_create(Contact(account=account, name=f"人{at:03}") for at in range(197))
        first = services.keep_relation(people[0], version=0, values={"stance": "critic"})
        with django_assert_max_num_queries(20):
            assert arrange(account) == 200
        assert len({(one.column, one.row) for one in Relation.objects.all()}) == 200
        assert Relation.history.count() == 201
        # Who has read the card before is told, and nothing is written for who stays where they were.
        with pytest.raises(RecordChangedError):
            services.place(people[0], 50, 30, version=first.version)
        arrange(account)
        assert Relation.history.count() == 201


class TestDepartments:
    def test_are_what_people_say_and_records_say_where_they_belong(self, account, people):
        for person, name in zip(people, ("采购部", "轴承组", "轴承组"), strict=True):
            Contact.objects.filter(pk=person.pk).update(department=name)
        keep_department(account, values={"name": "轴承组", "parent": "采购部", "note": "二楼"})
        told = [(one.name, one.depth, one.record is not None, len(one.people)) for one in departments_of(account)]  # fmt: skip
        assert told == [("采购部", 0, False, 1), ("轴承组", 1, True, 2)]

    def test_take_their_people_and_those_below_along(self, account, people):
        upper = keep_department(account, values={"name": "采购部"}, people=people[:2])
        keep_department(account, values={"name": "轴承组", "parent": "采购部"}, people=people[2:])
        upper = keep_department(
            account, values={"name": "供应链部"}, record=upper, version=1, people=[people[1], people[2]]
        )
        seats = dict(account.contacts.values_list("name", "department"))
        assert seats == {"沈总": "", "顾总监": "供应链部", "丁主管": "供应链部"}
        assert Department.objects.get(name="轴承组").parent == "供应链部"
        assert Contact.history.filter(id=people[1].pk).first().department == "供应链部"
        # What somebody types in a person's file is never lost.
        edit_contact(people[0].pk, {"department": "新来的部"}, version=version_of(people[0]))
        assert [one.name for one in departments_of(account)] == ["供应链部", "轴承组", "新来的部"]

    def test_refuse_circles_names_twice_and_to_leave_people_behind(self, account, people):
        upper = keep_department(account, values={"name": "甲"})
        lower = keep_department(account, values={"name": "乙", "parent": "甲"}, people=people[:1])
        wrong = (
            ({"name": "甲", "parent": "乙"}, upper, "people.department_circle"),
            ({"name": "甲", "parent": "甲"}, upper, "people.department_circle"),
            ({"name": "丙", "parent": "丁"}, None, "people.department_unknown"),
            ({"name": "乙"}, None, "people.department_there"),
            ({"name": "乙"}, upper, "people.department_there"),
            ({"name": ""}, None, "people.department_unnamed"),
        )
        for values, record, code in wrong:
            with pytest.raises(RecordError) as error:
                keep_department(account, values=values, record=record)
            assert error.value.code == code, values
        with pytest.raises(RecordChangedError):
            keep_department(account, values={"name": "甲", "note": "x"}, record=upper, version=7)
        with pytest.raises(RecordError):
            remove_department(lower)
        remove_department(upper)
        assert Department.objects.get().parent == ""

    def test_tell_the_second_of_two_whom_the_first_has_moved(self, as_user, account, people):
        held = keep_department(account, values={"name": "采购部"}, people=people[:2])
        client, url = (
            as_user("owner"),
            f"{reverse('account_people', args=[account.pk])}departments/{held.pk}/",
        )
        sat = f"{people[0].pk},{people[1].pk}"
        assert f'name="sat" value="{sat}"' in client.get(url).content.decode()
        edit_contact(people[2].pk, {"department": "采购部"}, version=version_of(people[2]))
        edit_contact(people[0].pk, {"department": "财务部"}, version=version_of(people[0]))
        # Saved with the list of before, the department would put both back.
        sent = {
            "name": "采购部",
            "people": [people[0].pk, people[1].pk],
            "version": "1",
            "sat": sat,
            "note": "二楼",
        }
        answer = client.post(url, sent)
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "沈总" in page.split("notice-error")[1][:200]
        assert "丁主管" in page.split("notice-error")[1][:200]
        assert page.count("checked") == 2  # what was typed is still there
        assert set(account.contacts.filter(department="采购部")) == {people[1], people[2]}
        again = {**sent, "sat": f"{people[1].pk},{people[2].pk}"}
        assert f'name="sat" value="{again["sat"]}"' in page
        assert client.post(url, again).status_code == 302
        # A new record by a name that people's files have already leaves them there.
        home = reverse("account_people", args=[account.pk])
        assert client.post(f"{home}departments/new/", {"name": "财务部", "people": [], "sat": ""}).status_code == 302  # fmt: skip
        edit_contact(people[2].pk, {"department": "仓库"}, version=version_of(people[2]))
        assert client.post(f"{home}departments/new/", {"name": "仓库", "people": [], "sat": ""}).status_code == 302  # fmt: skip
        assert account.contacts.get(department="仓库") == people[2]
        assert set(account.contacts.filter(department="采购部")) == {people[0], people[1]}

    def test_are_kept_on_pages_by_who_may_edit_the_account(self, as_user, account, people):
        home = reverse("account_people", args=[account.pk])
        sent = {"name": "采购部", "people": [people[0].pk], "order": "2", "note": "找顾总监"}
        client = as_user("owner")
        assert client.post(f"{home}departments/new/", sent).status_code == 302
        held = Department.objects.get()
        url = f"{home}departments/{held.pk}/"
        assert client.post(url, {**sent, "version": "1", "note": "", "people": []}).status_code == 302
        assert client.post(url, {**sent, "version": "1"}).status_code == 409
        assert "找顾总监" in client.get(url).content.decode()  # its history
        assert as_user("colleague").post(url, sent).status_code == 404
        assert client.post(f"{url}remove/").status_code == 302
        assert not Department.objects.exists()
