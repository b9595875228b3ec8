"""Merging, tags, history, invitations and the people of an account by the API do what the pages do."""

import pytest
from django.core import mail

from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.know.contact_services import add_contact
from keyaccount_web.know.models import Account
from keyaccount_web.know.structure.models import Relation


class TestMerges:
    def test_are_previewed_made_and_taken_back(self, company, program):
        told = program("head")
        survivor, merged = company.accounts["K7101"], company.accounts["K7102"]
        preview = told.get(f"/merges/preview/{survivor.pk}/{merged.pk}").json()
        assert preview["survivor"]["code"] == "K7101"
        assert {"kind": "contact", "moved": 1, "joined": 0, "kept": 0} in [
            {**one, "kind": one["kind"].rstrip("s")} for one in preview["moving"]
        ]
        name = next(one for one in preview["fields"] if one["field"] == "name")
        assert (name["survivor"], name["merged"]) == (survivor.name, merged.name)
        body = {
            "survivor": survivor.pk,
            "merged": merged.pk,
            "versions": preview["versions"],
            "take": {"name": "merged"},
        }
        made = told.post("/merges", body)
        assert made.status_code == 201
        assert made.json()["moved"] >= 1
        assert Account.objects.get(pk=survivor.pk).name == merged.name
        assert not Account.objects.filter(pk=merged.pk).exists()
        again = told.post("/merges", body)
        assert again.status_code == 404
        assert [one["id"] for one in told.get("/merges").json()["items"]] == [made.json()["id"]]
        undone = told.post(f"/merges/{made.json()['id']}/undo")
        assert undone.json()["undone_at"]
        assert undone.json()["kept_fields"] == []
        assert Account.objects.get(pk=survivor.pk).name == survivor.name
        assert Account.objects.filter(pk=merged.pk).exists()

    def test_by_what_was_read_before_somebody_changed_it_are_refused(self, company, program):
        survivor, merged = company.accounts["K7101"], company.accounts["K7102"]
        body = {"survivor": survivor.pk, "merged": merged.pk, "versions": [0, 0]}
        answer = program("head").post("/merges", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "merge.changed")
        wrong = program("head").post("/merges", {**body, "take": {"code": "merged"}})
        assert wrong.status_code == 422


class TestTags:
    def test_are_put_on_read_and_taken_off(self, company, program):
        told, account = program("owner"), company.accounts["K7101"]
        made = told.post(f"/accounts/{account.pk}/tags", {"name": " 战略  客户 "})
        assert (made.status_code, made.json()["name"]) == (201, "战略 客户")
        assert told.get(f"/accounts/{account.pk}/tags").json() == told.get("/tags").json() == [made.json()]
        assert program("stranger").get("/tags").json() == []
        address = f"/accounts/{account.pk}/tags/{made.json()['id']}"
        assert told.delete(address).status_code == 200
        assert told.delete(address).status_code == 404
        assert told.get("/tags").json() == []


class TestHistory:
    def test_says_who_changed_what(self, company, program):
        told, account = program("owner"), company.accounts["K7101"]
        told.patch(f"/accounts/{account.pk}", {"remark": "新的说明", "version": account.version})
        newest = told.get(f"/accounts/{account.pk}/history").json()[0]
        assert (newest["kind"], newest["by"]) == ("changed", company.users["owner"].name)
        assert newest["changes"] == [
            {"field": "remark", "before": account.remark or None, "after": "新的说明"}
        ]


ASKED = {"username": "neu", "name": "新同事", "role": "manager", "unit": "HZ"}


class TestInvitations:
    def test_go_by_mail_and_the_link_is_told_to_nobody_else(self, company, program):
        answer = program("admin").post("/users", {**ASKED, "email": "neu@example.com"})
        assert (answer.status_code, answer.json()["link"]) == (201, None)
        assert answer.json()["posts"][0]["unit"]["code"] == "HZ"
        assert mail.outbox[-1].to == ["neu@example.com"]
        assert "/people/welcome/" in mail.outbox[-1].body
        assert not User.objects.get(username="neu").has_usable_password()

    def test_without_an_address_give_the_link(self, company, program):
        told = program("admin")
        assert "/people/welcome/" in told.post("/users", ASKED).json()["link"]
        assert told.post("/users", ASKED).json()["code"] == "user.taken"
        assert told.post("/users", {**ASKED, "username": "b", "unit": "?"}).status_code == 422


class TestPeople:
    def test_are_changed_field_by_field_and_who_is_late_is_told(self, company, program):
        told, account = program("owner"), company.accounts["K7101"]
        boss = add_contact(account, {"name": "沈总", "department": "总经办"})
        below = add_contact(account, {"name": "丁主管"})
        sent = {"roles": ["approver", "decision_maker"], "stance": "supporter", "version": 0}
        made = told.patch(f"/people/{boss.pk}", {**sent, "political": "inner_circle"}).json()
        assert (made["roles"], made["version"]) == (["decision_maker", "approver"], 1)
        # What is left out stays; null is forgotten.
        again = told.patch(f"/people/{boss.pk}", {"political": None, "version": 1}).json()
        assert (again["political"], again["stance"], again["version"]) == ("", "supporter", 2)
        late = told.patch(f"/people/{boss.pk}", {"stance": "enemy", "version": 1})
        assert (late.status_code, late.json()["code"]) == (409, "record.changed_meanwhile")
        under = told.patch(f"/people/{below.pk}", {"reports_to_id": boss.pk, "version": 0})
        assert under.json()["reports_to"]["name"] == "沈总"
        ring = told.patch(f"/people/{boss.pk}", {"reports_to_id": below.pk, "version": 2})
        assert (ring.status_code, ring.json()["code"]) == (422, "people.circle")
        assert told.get(f"/people/{boss.pk}").json() == again

    @pytest.mark.parametrize("name", ["reports_to_id", "covered_by_id"])
    def test_of_elsewhere_are_nobody_even_to_who_sees_both(self, company, program, name):
        told, contact = program("director"), company.accounts["K7101"].contacts.first()
        elsewhere = {
            "reports_to_id": company.accounts["K7102"].contacts.first(),
            "covered_by_id": company.users["stranger"],
        }
        answers = [
            told.patch(f"/people/{contact.pk}", {name: pk, "version": 0}).json()["errors"]
            for pk in (elsewhere[name].pk, 987654321)
        ]
        assert answers[0] == answers[1]
        assert answers[0][0]["field"] == name
        assert not Relation.objects.filter(contact=contact).exists()

    def test_stand_on_the_map_with_lines_and_advice(self, company, program):
        told, account = program("owner"), company.accounts["K7101"]
        account.contacts.all().delete()
        first, second = (add_contact(account, {"name": name}) for name in ("沈总", "丁主管"))
        told.patch(f"/people/{second.pk}", {"stance": "critic", "reports_to_id": first.pk, "version": 0})
        placed = told.ask("put", f"/people/{first.pk}/place", {"column": 3, "row": 2, "version": 0}).json()
        assert (placed["column"], placed["row"]) == (3, 2)
        half = told.ask("put", f"/people/{first.pk}/place", {"column": 3, "row": None, "version": 2})
        assert half.json()["errors"][0]["field"] == "row"
        line = {"source_id": second.pk, "target_id": first.pk, "kind": "influence"}
        drawn = [told.post(f"/accounts/{account.pk}/influence", line) for _ in range(2)]
        assert [one.status_code for one in drawn] == [201, 200]
        assert drawn[0].json() == drawn[1].json()
        own = told.post(f"/accounts/{account.pk}/influence", {**line, "target_id": second.pk})
        assert own.json()["code"] == "people.own_line"
        seen = told.get(f"/accounts/{account.pk}/people").json()
        assert [one["name"] for one in seen["people"]] == ["沈总", "丁主管"]
        assert seen["lines"] == [drawn[0].json()]
        assert (seen["light"], seen["supporters"], seen["opponents"]) == ("red", 0, 1)
        assert seen["warnings"][0] == {
            "code": "people.no_decision_maker",
            "text": message("people.no_decision_maker", "zh", n=2),
        }
        arranged = told.post(f"/accounts/{account.pk}/people/arrange").json()["people"]
        assert [(one["column"], one["row"]) for one in arranged] == [(0, 0), (0, 1)]
        assert told.delete(f"/influence/{drawn[0].json()['id']}").status_code == 200
        assert told.get(f"/accounts/{account.pk}/people").json()["lines"] == []
