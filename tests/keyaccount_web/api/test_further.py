"""Merging, tags, history and invitations by the API do what the pages do."""

from django.core import mail

from keyaccount_web.access.models import User
from keyaccount_web.know.models import Account


class TestMerges:
    def test_are_previewed_made_and_taken_back(self, company, program):
        told = program("head")
        survivor, merged = company.accounts["K7101"], company.accounts["K7102"]
        preview = told.get(f"/merges/preview/{survivor.pk}/{merged.pk}").json()
        assert preview["survivor"]["code"] == "K7101"
        assert {"kind": "contact", "moved": 1, "kept": 0} in [
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
