"""A stranger has somebody's token: what can they do with it, and who learns of it?"""

import datetime as dt

import pytest
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.models import Token, TokenEvent
from keyaccount_web.audit import record
from keyaccount_web.audit.models import Entry
from keyaccount_web.know.models import Account

ELSEWHERE = "203.0.113.9"


@pytest.fixture
def stolen(program):
    """The owner's token, which may only read; used at home, then from elsewhere."""
    told = program("owner", scopes=("read",))
    assert told.get("/me").status_code == 200
    told.client.defaults["REMOTE_ADDR"] = ELSEWHERE
    return told


class TestAStolenToken:
    def test_does_what_its_scope_allows_and_nothing_more(self, company, stolen):
        account = company.accounts["K7101"]
        assert stolen.get(f"/accounts/{account.pk}").status_code == 200
        for method, path, body in (
            ("patch", f"/accounts/{account.pk}", {"remark": "x", "version": 1}),
            ("post", "/accounts", {"name": "x"}),
            ("post", "/users", {"username": "x", "name": "x", "role": "manager", "unit": "HQ"}),
            ("post", "/runs", {}),
            ("post", "/webhooks", {"name": "x", "url": "https://example.com", "events": ["run.done"]}),
            ("get", "/users", None),
        ):
            answer = stolen.ask(method, path, body)
            assert (answer.status_code, answer.json()["code"]) == (403, "token.scope"), path
        assert Account.objects.get(pk=account.pk).remark == account.remark

    def test_opens_no_page_and_makes_no_other_token(self, company, stolen):
        for path in ("/", "/accounts/", "/people/me/tokens/", "/sign-in/2fa/", "/audit/"):
            answer = stolen.client.get(path, headers={"Authorization": f"Bearer {stolen.text}"})
            assert answer.status_code == 302, path
            assert answer["Location"].startswith("/sign-in/login/"), path
        assert Token.objects.count() == 1

    def test_sees_no_account_that_its_owner_does_not_see(self, company, stolen):
        assert stolen.get(f"/accounts/{company.accounts['K7401'].pk}").status_code == 404
        own = {one.code for one in visible_accounts(company.users["owner"])}
        assert 0 < len(own) < len(company.accounts)
        assert {one["code"] for one in stolen.get("/accounts?limit=500").json()["items"]} == own

    def test_is_told_to_its_owner_once_for_each_address(self, company, stolen):
        owner = company.users["owner"]
        for _ in range(3):
            stolen.get("/me")
        told = owner.notifications.filter(code="notice.token_moved")
        assert [one.values["address"] for one in told] == [ELSEWHERE]
        stolen.client.defaults["REMOTE_ADDR"] = "203.0.113.10"
        stolen.get("/me")
        assert told.all().count() == 2
        events = TokenEvent.objects.filter(token=stolen.token, kind="moved")
        assert sorted(events.values_list("address", flat=True)) == sorted([ELSEWHERE, "203.0.113.10"])

    def test_stands_on_the_owners_page_with_where_it_was_used(self, company, stolen, as_user):
        stolen.get("/me")
        body = as_user("owner").get("/people/me/tokens/").content.decode()
        assert ELSEWHERE in body
        assert "换了地址使用" in body

    def test_stands_in_the_audit_log_with_token_and_address(self, company, stolen, as_user):
        stolen.get(f"/accounts/{company.accounts['K7101'].pk}")
        record.flush()
        entry = Entry.objects.filter(address=ELSEWHERE).latest("pk")
        assert (entry.user_name, entry.detail["token"]) == ("owner", stolen.text[:9])
        assert stolen.text not in str(Entry.objects.values_list("path", "detail"))
        assert stolen.text[:9] in as_user("admin").get("/audit/").content.decode()

    def test_is_worth_nothing_once_revoked_and_what_is_tried_then_is_told(self, company, stolen, as_user):
        as_user("owner").post(f"/people/tokens/{stolen.token.pk}/revoke/")
        assert stolen.get("/me").status_code == 401
        assert TokenEvent.objects.filter(token=stolen.token, kind="tried", address=ELSEWHERE).count() == 1

    def test_ends_by_itself(self, company, stolen):
        Token.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
        assert stolen.get("/me").json()["code"] == "token.expired"

    def test_is_worth_nothing_when_its_owner_is_gone(self, company, stolen):
        User.objects.filter(username="owner").update(is_active=False)
        assert stolen.get("/me").json()["code"] == "token.user_off"

    def test_of_an_administrator_makes_no_administrator(self, company, program):
        told = program("admin")
        asked = {"username": "dieb", "name": "贼", "role": "administrator", "unit": "HQ"}
        assert told.post("/users", asked).json()["code"] == "invite.by_page"
        assert not User.objects.filter(username="dieb").exists()
