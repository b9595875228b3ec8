"""Who comes in by a token, and who does not: scopes, end, revocation, rate, size, sessions; the pages that make and revoke them."""

import datetime as dt
import hashlib
import re

import pytest
from django.test import Client
from django.utils import timezone

from keyaccount_web.access.services import consent, end_post, switch_off
from keyaccount_web.api.models import Token, TokenEvent
from keyaccount_web.api.tokens import MOST_DAYS, TokenError, make_token


def code(answer):
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    return answer.status_code, told["code"]


class TestMakeToken:
    def test_keeps_a_hash_of_256_bits_and_never_the_text(self, company):
        token, text = make_token(company.users["owner"], name="对账", scopes=["read"])
        assert re.fullmatch(r"ka_[\w-]{43}", text)  # 32 bytes in base64
        assert token.token_hash == hashlib.sha256(text.encode()).hexdigest()
        assert text not in str(list(Token.objects.values()) + list(TokenEvent.objects.values()))
        assert token.beginning == text[:9]

    def test_lasts_ninety_days_unless_told_and_never_more_than_a_year(self, company):
        owner = company.users["owner"]
        token, _ = make_token(owner, name="对账", scopes=["read"])
        assert token.expires_at - token.created_at == dt.timedelta(days=90)
        for days in (0, MOST_DAYS + 1):
            with pytest.raises(TokenError) as error:
                make_token(owner, name="对账", scopes=["read"], days=days)
            assert error.value.code == "token.days"
        for scopes in ([], ["everything"]):
            with pytest.raises(TokenError) as error:
                make_token(owner, name="对账", scopes=scopes)
            assert error.value.code == "token.scopes"


class TestARequest:
    def test_without_a_token_is_refused_whatever_session_the_browser_has(self, company, as_user):
        account = company.accounts["K7101"].pk
        for client in (Client(), as_user("director")):
            for method, path in (
                ("get", "/accounts"),
                ("post", "/accounts"),
                ("delete", f"/contacts/{account}"),
            ):
                answer = getattr(client, method)(f"/api/v1{path}")
                assert code(answer) == (401, "token.missing")
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_is_in_the_name_of_the_tokens_user_whatever_session_is_sent_beside(
        self, company, program, as_user
    ):
        told = program("owner")
        told.client.force_login(company.users["director"])
        assert told.get("/me").json()["username"] == "owner"

    def test_with_a_token_that_is_none_is_refused(self, company):
        for header in ("Bearer ka_nothing", "Basic abc", "Bearer ", "ka_x"):
            answer = Client().get("/api/v1/me", headers={"Authorization": header})
            assert answer.status_code == 401

    def test_after_revocation_is_refused_and_leaves_a_line_once_an_hour(self, company, program):
        told = program("owner")
        assert told.get("/me").status_code == 200
        assert told.delete("/token").json() == {"done": True}
        for _ in range(3):
            assert code(told.get("/me")) == (401, "token.revoked")
        kinds = list(TokenEvent.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == ["made", "revoked", "tried"]

    def test_after_its_end_is_refused(self, company, program):
        told = program("owner", days=1)
        Token.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
        assert code(told.get("/me")) == (401, "token.expired")

    def test_does_only_what_the_scope_says(self, company, program):
        reader, writer = program("director", scopes=["read"]), program("director", scopes=["write"])
        account = company.accounts["K7101"]
        assert reader.get(f"/accounts/{account.pk}").status_code == 200
        assert code(reader.patch(f"/accounts/{account.pk}", {"remark": "x", "version": 1})) == (
            403,
            "token.scope",
        )
        assert code(writer.get("/accounts")) == (403, "token.scope")
        assert code(reader.post("/runs", {})) == (403, "token.scope")
        assert code(reader.get("/users")) == (403, "token.scope")
        assert code(reader.get("/webhooks")) == (403, "token.scope")

    def test_sees_no_more_than_its_user_at_that_moment(self, company, program):
        told = program("owner")
        account = company.accounts["K7101"]
        assert told.get(f"/accounts/{account.pk}").status_code == 200
        account.owner = company.users["colleague"]
        account.save()
        assert code(told.get(f"/accounts/{account.pk}")) == (404, "api.not_found")
        end_post(company.users["owner"].posts.get())
        assert told.get("/accounts").json()["items"] == []
        switch_off(company.users["owner"])
        assert code(told.get("/accounts")) == (401, "token.user_off")

    def test_is_counted_by_the_minute_for_all_processes_together(self, company, program, settings):
        settings.API_PER_MINUTE = 3
        told, other = program("owner"), program("owner")
        Token.objects.update(
            minute=int(timezone.now().timestamp()) // 60 + 5
        )  # a minute that is long gone begins anew
        assert [told.get("/me").status_code for _ in range(3)] == [200, 200, 200]
        # Were the minute to end right here, the count would begin anew: it is set to this one.
        Token.objects.filter(pk=told.token.pk).update(minute=int(timezone.now().timestamp()) // 60, used=3)
        answer = told.get("/me")
        assert code(answer) == (429, "token.too_often")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert other.get("/me").status_code == 200

    def test_remembers_when_and_from_where_it_was_used(self, company, program):
        told = program("owner")
        told.get("/me")
        token = Token.objects.get(pk=told.token.pk)
        assert timezone.now() - token.last_used_at < dt.timedelta(minutes=1)
        assert token.last_used_from == "127.0.0.1"

    def test_that_is_too_large_is_refused_before_it_is_read(self, company, program, settings):
        told = program("owner")
        assert code(told.post("/comments", {"about": "account:1", "text": "长" * (1 << 20)})) == (
            413,
            "api.too_large",
        )

    def test_that_nobody_answers_has_the_one_shape_too(self, company, program):
        told = program("owner")
        assert code(told.get("/nothing")) == (404, "api.not_found")
        answer = told.delete("/accounts")
        assert code(answer) == (405, "api.method")
        assert "GET" in answer.headers["Allow"]
        for body in ("{", "[1]", '{"name": "\\u0000"}', '{"name": "\\ud800"}', '{"name": NaN}', "[" * 5000):
            answer = told.client.post(
                "/api/v1/accounts",
                body,
                content_type="application/json",
                headers={"Authorization": f"Bearer {told.text}"},
            )
            assert code(answer) in ((400, "api.unreadable"), (422, "api.no_object")), body[:20]
        assert code(told.get("/search?q=a%00b")) == (400, "api.unreadable")

    def test_that_breaks_the_program_tells_nothing_of_it(self, company, program, monkeypatch):
        def breaks(*_):
            raise ValueError("secret detail")

        monkeypatch.setattr("keyaccount_web.know.api._account", breaks)
        answer = program("owner").get(f"/accounts/{company.accounts['K7101'].pk}")
        assert code(answer) == (500, "api.broken")
        assert "secret detail" not in answer.content.decode()

    def test_is_answered_in_the_language_asked_for(self, company, program):
        assert "没有这样的记录" in program("owner").get("/accounts/987654321").json()["detail"]
        told = program("owner", lang="en").get("/accounts?sort=nonsense&limit=0&wrong=1").json()
        assert [one["field"] for one in told["errors"]] == ["sort", "limit"]
        assert told["errors"][1]["message"] == "1 at least"


class TestTheSchema:
    def test_is_open_and_names_every_endpoint(self, company, client):
        schema = client.get("/api/v1/openapi.json").json()
        assert schema["components"]["securitySchemes"]["Token"]["scheme"] == "bearer"
        operations = [one for path in schema["paths"].values() for one in path.values()]
        assert len(operations) > 60
        assert [one["operationId"] for one in operations if not one.get("security")] == []
        assert all("401" in one["responses"] and "summary" in one for one in operations)
        assert len({one["operationId"] for one in operations}) == len(operations)

    def test_has_a_page_for_who_is_signed_in(self, company, as_user, client):
        assert client.get("/api/docs/").status_code == 302
        answer = as_user("owner").get("/api/docs/")
        assert "script-src 'self';" in answer.headers["Content-Security-Policy"] + ";"
        assert not re.findall(r"<script(?![^>]*src=)[^>]*>", answer.content.decode())


class TestThePages:
    def test_show_a_new_token_once(self, company, as_user):
        client = as_user("owner")
        answer = client.post("/people/me/tokens/", {"name": "对账", "scopes": ["read", "write"], "days": 90})
        text = re.search(r"ka_[\w-]{43}", answer.content.decode())[0]
        assert answer.headers["Cache-Control"].startswith("max-age=0")
        body = client.get("/people/me/tokens/").content.decode()
        assert text not in body
        assert text[:9] in body
        assert (
            Client().get("/api/v1/me", headers={"Authorization": f"Bearer {text}"}).json()["username"]
            == "owner"
        )
        assert company.users["owner"].notifications.get().code == "notice.token_made"

    def test_say_what_is_missing(self, company, as_user):
        answer = as_user("owner").post("/people/me/tokens/", {"name": "对账", "days": 9999})
        assert answer.status_code == 422
        assert not Token.objects.exists()

    def test_let_oneself_and_administrators_revoke_and_nobody_else(self, company, as_user, program):
        told, other = program("owner"), program("owner")
        address = f"/people/tokens/{told.token.pk}/revoke/"
        for username in ("colleague", "director", "stranger"):
            assert as_user(username).post(address).status_code == 404
        assert told.get("/me").status_code == 200
        assert as_user("owner").post(address).status_code == 302
        assert as_user("admin").post(f"/people/tokens/{other.token.pk}/revoke/").status_code == 302
        assert [one.get("/me").status_code for one in (told, other)] == [401, 401]
        by = TokenEvent.objects.filter(kind="revoked").order_by("pk").values_list("by__username", flat=True)
        assert list(by) == ["owner", "admin"]

    def test_show_a_colleagues_tokens_to_administrators_only(self, company, as_user, program):
        owner = program("owner").token.user
        address = f"/people/{owner.pk}/tokens/"
        assert "程序owner" in as_user("admin").get(address).content.decode()
        for username in ("owner", "director", "head"):
            assert as_user(username).get(address).status_code == 403

    def test_make_none_for_who_acts_in_anothers_name(self, company, as_user):
        held = consent(company.users["owner"], company.users["admin"])
        client = as_user("admin")
        client.post(f"/people/act/{held.pk}/")
        answer = client.post("/people/me/tokens/", {"name": "x", "scopes": ["read"], "days": 90})
        assert answer.status_code == 403
        assert not Token.objects.exists()
