"""The people of an account: kept without circles, placed on the map, seen by who may see the account (K2)."""

import datetime as dt

import pytest
from django.urls import reverse

from keyaccount_web.know.contact_services import add_contact
from keyaccount_web.know.record_kit import RecordChangedError, RecordError
from keyaccount_web.know.structure import services
from keyaccount_web.know.structure.arranging import arrange
from keyaccount_web.know.structure.models import Influence, Relation
from keyaccount_web.know.structure.reading import people_map


@pytest.fixture
def account(company):
    return company.accounts["K7101"]


@pytest.fixture
def people(account):
    account.contacts.all().delete()
    names = ("沈总", "顾总监", "丁主管", "贺工")
    return [add_contact(account, {"name": name, "title": "职务"}) for name in names]


def keep(contact, above=None, version=None, **values):
    return services.keep_relation(contact, version=version, values={"reports_to": above, **values})


class TestKept:
    def test_once_for_a_person_with_each_change(self, people):
        first = keep(people[0], roles=["decision_maker", "approver"], stance="critic")
        again = keep(people[0], version=first.version, roles=["approver"], stance="supporter")
        assert (again.pk, again.roles, again.stance, again.version) == (
            first.pk,
            ["approver"],
            "supporter",
            2,
        )
        assert again.history.count() == 2

    def test_in_the_order_of_roles_whatever_the_form_sends(self, people):
        assert keep(people[0], roles=["user", "approver"]).roles == ["approver", "user"]
        with pytest.raises(RecordError) as error:
            keep(people[0], roles=["king"])
        assert error.value.code == "people.unknown_role"

    def test_two_who_edit_at_once_are_told(self, people):
        first = keep(people[0])
        keep(people[0], version=first.version, stance="enemy")
        with pytest.raises(RecordChangedError):
            keep(people[0], version=first.version, stance="mentor")
        assert Relation.objects.get().stance == "enemy"

    def test_nobody_reports_to_themselves_not_even_through_others(self, people):
        keep(people[1], above=people[0])
        keep(people[2], above=people[1])
        with pytest.raises(RecordError) as error:
            keep(people[0], above=people[0])
        assert error.value.code == "people.own_superior"
        with pytest.raises(RecordError) as error:
            keep(people[0], above=people[2])
        assert error.value.code == "people.circle"

    def test_nobody_reports_to_another_company(self, company, people):
        stranger = add_contact(company.accounts["K7102"], {"name": "外人"})
        with pytest.raises(RecordError) as error:
            keep(people[0], above=stranger)
        assert error.value.code == "people.other_account"


class TestTheMap:
    def test_arranges_superiors_above_and_those_below_side_by_side(self, account, people):
        keep(people[1], above=people[0])
        keep(people[2], above=people[0])
        keep(people[3], above=people[2])
        assert arrange(account) == 4
        told = {
            one.contact.name: (one.relation.column, one.relation.row) for one in people_map(account).people
        }
        assert {name: row for name, (_, row) in told.items()} == {
            "沈总": 0,
            "顾总监": 1,
            "丁主管": 1,
            "贺工": 2,
        }
        assert len(set(told.values())) == 4

    def test_keeps_a_place_and_parks(self, people):
        held = services.place(people[0], 3, 2, version=None)
        assert (held.column, held.row) == (3, 2)
        with pytest.raises(RecordChangedError):
            services.place(people[0], 4, 2, version=held.version - 1)
        parked = services.place(people[0], None, None, version=held.version)
        assert (parked.column, parked.row) == (None, None)
        with pytest.raises(RecordError):
            services.place(people[0], 60, 0, version=parked.version)

    def test_draws_a_line_and_takes_it_away(self, people):
        services.draw(people[0], people[1], "influence")
        services.draw(people[0], people[1], "conflict")
        services.draw(people[0], people[1], "influence")
        assert [one.kind for one in Influence.objects.all()] == ["conflict"]
        with pytest.raises(RecordError) as error:
            services.draw(people[0], people[0], "influence")
        assert error.value.code == "people.own_line"


class TestPages:
    def test_show_the_map_what_is_missing_and_everybody(self, as_user, account, people):
        keep(people[0], roles=["decision_maker"], stance="supporter", political="inner_circle")
        keep(people[1], above=people[0], stance="enemy")
        arrange(account)
        services.draw(people[0], people[1], "conflict")
        page = as_user("owner").get(reverse("account_people", args=[account.pk])).content.decode()
        assert "有支持我们的决策人或审批人" in page
        assert "支持的不比反对的多" in page
        assert page.count("data-person=") == 4
        assert 'class="line-reports"' in page
        assert 'class="line-conflict"' in page

    def test_keep_what_the_form_says_and_tell_who_is_late(self, as_user, account, people):
        client = as_user("owner")
        url = reverse("person_relation", args=[account.pk, people[0].pk])
        sent = {
            "roles": ["buyer"],
            "stance": "mentor",
            "political": "outside",
            "reports_to": str(people[1].pk),
        }
        assert client.post(url, sent).status_code == 302
        held = Relation.objects.get(contact=people[0])
        assert (held.stance, held.reports_to) == ("mentor", people[1])
        late = client.post(url, {**sent, "stance": "enemy", "version": "0"})
        assert late.status_code == 409
        assert "mentor" in Relation.objects.get(contact=people[0]).stance

    def test_place_a_card_by_the_script(self, as_user, account, people):
        client = as_user("owner")
        url = reverse("person_place", args=[account.pk, people[0].pk])
        assert client.post(url, {"column": "2", "row": "1", "version": ""}).json() == {"version": 1}
        assert client.post(url, {"column": "3", "row": "1", "version": "9"}).status_code == 409
        assert client.post(url, {"column": "-1", "row": "1"}).status_code == 400
        assert client.post(url, {"column": "", "row": "", "version": "1"}).status_code == 200

    @pytest.mark.parametrize(
        ("who", "seen", "kept"), [("owner", 200, 302), ("colleague", 404, 404), ("stranger", 404, 404)]
    )
    def test_are_for_who_may_see_the_account(self, as_user, account, people, who, seen, kept):
        client = as_user(who)
        assert client.get(reverse("account_people", args=[account.pk])).status_code == seen
        url = reverse("person_relation", args=[account.pk, people[0].pk])
        assert client.post(url, {"stance": "enemy"}).status_code == kept
        line = {"source": people[0].pk, "target": people[1].pk, "kind": "influence"}
        assert client.post(reverse("people_line", args=[account.pk]), line).status_code == kept
        assert client.post(reverse("people_arrange", args=[account.pk])).status_code == kept

    def test_ask_as_little_for_two_hundred_as_for_four(
        self, as_user, account, people, django_assert_max_num_queries
    ):
        from keyaccount_web.know.models import Contact

        Contact.objects.bulk_create(
            Contact(account=account, name=f"人{at:03}", title="员工") for at in range(196)
        )
        arrange(account)
        client = as_user("owner")
        client.get(reverse("account_people", args=[account.pk]))
        with django_assert_max_num_queries(20):
            page = client.get(reverse("account_people", args=[account.pk]))
        assert page.content.decode().count("data-person=") == 200
        places = {(one.column, one.row) for one in Relation.objects.all()}
        assert len(places) == 200  # nobody lies under another


class TestTies:
    """Somebody of another customer's who counts here, too."""

    def test_count_in_the_checks_and_stand_under_the_map(self, as_user, company):
        account, other = company.accounts["K7101"], company.accounts["K7102"]
        person = other.contacts.get()
        before = people_map(account).told
        assert "people.no_decision_maker" in [one.code for one in before.warnings]
        client = as_user("director")
        url = f"/accounts/{account.pk}/people/ties/"
        form = {"person": f"{person.name} · {other.name}", "title": "集团采购总监", "roles": ["decision_maker"], "stance": "mentor", "political": "inner_circle"}  # fmt: skip
        assert client.post(f"{url}new/", form).status_code == 302
        after = people_map(account).told
        assert "people.no_decision_maker" not in [one.code for one in after.warnings]
        assert after.light == "green"
        page = client.get(f"/accounts/{account.pk}/people/").content.decode()
        assert "集团采购总监" in page
        assert other.name in page
        again = client.post(f"{url}new/", form)
        assert again.status_code == 422
        assert "已经加过了" in again.content.decode()

    def test_do_not_give_away_whose_people_they_are(self, as_user, company):
        account, other = company.accounts["K7101"], company.accounts["K7201"]
        person = other.contacts.get()
        services.keep_tie(account=account, contact=person, title="顾问")
        page = as_user("owner").get(f"/accounts/{account.pk}/people/").content.decode()
        assert "顾问" in page
        assert person.name not in page
        assert other.name not in page
        asked = as_user("owner").post(f"/accounts/{account.pk}/people/ties/new/", {"person": person.name})
        assert "没有找到" in asked.content.decode()

    def test_cannot_be_to_the_own_account_or_end_before_they_begin(self, company):
        account = company.accounts["K7101"]
        with pytest.raises(RecordError) as own:
            services.keep_tie(account=account, contact=account.contacts.get())
        assert own.value.code == "people.own_tie"
        with pytest.raises(RecordError) as order:
            services.keep_tie(
                account=account, contact=company.accounts["K7102"].contacts.get(),
                since=dt.date(2025, 2, 2), until=dt.date(2025, 2, 1),
            )  # fmt: skip
        assert order.value.code == "people.tie_order"
