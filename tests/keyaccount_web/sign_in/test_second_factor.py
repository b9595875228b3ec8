"""A password alone does not do, by whatever way."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from keyaccount_web.access.models import User
from keyaccount_web.access.services import consent, forget_second_factor
from tests.keyaccount_web.sign_in.conftest import (
    FACTOR,
    HOME,
    PASSWORD,
    Passkey,
    browser,
    code,
    enter,
    mails_sent,
    set_up_app,
    signed_in,
)

pytestmark = pytest.mark.django_db


class TestPasswordAlone:
    @pytest.mark.parametrize(
        "path", ["/", "/people/me/", "/accounts/", "/accounts/export.csv", "/runs/", "/people/"]
    )
    def test_leads_to_setting_a_factor_up(self, people, path):
        client = browser()
        enter(client)

        answer = client.get(path)

        assert (answer.status_code, answer.url) == (302, FACTOR)

    def test_sends_the_whole_page_there_when_only_a_part_was_asked_for(self, people):
        client = browser()
        enter(client)

        answer = client.get("/accounts/", headers={"HX-Request": "true"})

        assert answer["HX-Redirect"] == FACTOR
        assert answer.content == b""

    def test_does_nothing_by_post(self, people):
        client = browser()
        enter(client, "admin")

        client.post(f"/people/{people.ding.pk}/switch/")

        people.ding.refresh_from_db()
        assert people.ding.is_active

    def test_says_why(self, people):
        client = browser()
        enter(client)

        assert "只有密码还不够安全" in client.get(FACTOR).content.decode()

    def test_is_enough_for_users_of_a_demo(self, people):
        User.objects.filter(pk=people.ding.pk).update(without_second_factor=True)
        client = browser()
        enter(client)

        assert client.get(HOME).status_code == 200

    def test_cannot_be_declared_a_company_sign_in(self, people):
        """The flag of an earlier version: whoever had it in the session came in by a password alone."""
        client = browser()
        client.get("/sign-in/login/")
        session = client.session
        session["company_sign_in"] = True
        session.save()
        enter(client)

        assert client.get(HOME).status_code == 302

    def test_does_not_count_as_the_company_sign_in_before_it(self, people):
        """Records of another way in, left in the session, end with a password."""
        client = browser()
        client.get("/sign-in/login/")
        session = client.session
        session["account_authentication_methods"] = [{"method": "socialaccount", "at": 1.0, "uid": "x"}]
        session["account_authentication_methods_user"] = str(people.ding.pk)
        session.save()
        enter(client)

        assert signed_in(client) == people.ding
        assert client.get(HOME).status_code == 302


class TestAuthenticatorApp:
    def test_lets_in_once_it_is_set_up(self, people):
        client = browser()
        enter(client)

        set_up_app(client)

        assert client.get(HOME).status_code == 200

    def test_is_asked_for_at_the_next_sign_in(self, people):
        first = browser()
        enter(first)
        secret = set_up_app(first)
        client = browser()

        assert enter(client).url == f"{FACTOR}authenticate/"
        assert signed_in(client) is None
        assert client.get(HOME).status_code == 302

        answer = client.post(f"{FACTOR}authenticate/", {"code": code(secret)})
        assert answer.url == HOME
        assert client.get(HOME).status_code == 200

    def test_refuses_a_wrong_code(self, people):
        first = browser()
        enter(first)
        secret = set_up_app(first)
        client = browser()
        enter(client)
        wrong = f"{(int(code(secret)) + 1) % 1_000_000:06}"

        answer = client.post(f"{FACTOR}authenticate/", {"code": wrong})

        assert "没有通过" in answer.content.decode()
        assert signed_in(client) is None

    def test_ends_sessions_that_began_by_the_password_alone(self, people):
        """Somebody who knew the password and was in before its owner set the app up."""
        thief, owner = browser(), browser()
        enter(thief)
        enter(owner)
        set_up_app(owner)

        answer = thief.get(HOME)

        assert answer.url.startswith("/sign-in/login/")
        assert signed_in(thief) is None

    def test_cannot_be_removed_by_such_a_session(self, people):
        thief, owner = browser(), browser()
        enter(thief)
        enter(owner)
        set_up_app(owner)

        thief.post(f"/sign-in/reauthenticate/?next={FACTOR}totp/deactivate/", {"password": PASSWORD})
        thief.post(f"{FACTOR}totp/deactivate/")

        assert Authenticator.objects.filter(user=people.ding, type="totp").exists()

    def test_once_removed_the_session_is_one_of_a_password_again(self, people):
        client = browser()
        enter(client)
        set_up_app(client)

        client.post(f"{FACTOR}totp/deactivate/")

        assert not Authenticator.objects.filter(user=people.ding).exists()
        assert client.get(HOME).url == FACTOR

    def test_keeps_its_secret_enciphered(self, people):
        client = browser()
        enter(client)

        secret = set_up_app(client)

        for one in Authenticator.objects.filter(user=people.ding):
            assert secret not in str(one.data)
            assert "seed" not in one.data or len(one.data["seed"]) > 100

    def test_fits_no_code_after_the_secret_key_changed(self, people, settings):
        client = browser()
        enter(client)
        secret = set_up_app(client)
        settings.SECRET_KEY = "another" * 10
        other = browser()
        enter(other)

        answer = other.post(f"{FACTOR}authenticate/", {"code": code(secret)})

        assert answer.status_code == 200
        assert signed_in(other) is None

    def test_goes_on_after_the_key_changed_with_the_old_one_kept(self, people, settings):
        client = browser()
        enter(client)
        secret = set_up_app(client)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another" * 10
        other = browser()
        enter(other)

        other.post(f"{FACTOR}authenticate/", {"code": code(secret)})

        assert signed_in(other) == people.ding

    def test_tells_its_owner_by_mail(self, people):
        client = browser()
        enter(client)

        set_up_app(client)

        told = [one.body for one in mails_sent()]
        assert any("启用了验证器应用" in one for one in told)


class TestRecoveryCodes:
    def test_let_in_once(self, people):
        first = browser()
        enter(first)
        set_up_app(first)
        paper = first.get(f"{FACTOR}recovery-codes/").context["unused_codes"][0]

        for expected in (people.ding, None):
            client = browser()
            enter(client)
            client.post(f"{FACTOR}authenticate/", {"code": paper})
            assert signed_in(client) == expected

    def test_are_shown_only_to_who_just_confirmed(self, people):
        first = browser()
        enter(first)
        secret = set_up_app(first)
        client = browser()
        enter(client)
        client.post(f"{FACTOR}authenticate/", {"code": code(secret)})

        for path in ("", "download/"):
            answer = client.get(f"{FACTOR}recovery-codes/{path}")
            assert answer.url.startswith("/sign-in/reauthenticate/")


class TestLostPhone:
    def test_an_administrator_clears_the_factor(self, people):
        client, admin = browser(), browser()
        enter(client)
        set_up_app(client)
        enter(admin, "admin")
        set_up_app(admin)

        admin.post(f"/people/{people.ding.pk}/sign-in/", {"do": "factor"})

        assert signed_in_now(client) is None
        again = browser()
        enter(again)
        assert again.get(HOME).url == FACTOR

    def test_nobody_else_does(self, people):
        client = browser()
        enter(client)
        set_up_app(client)
        other = browser()
        enter(other, "wang")
        set_up_app(other)

        assert other.get(f"/people/{people.ding.pk}/sign-in/").status_code == 403
        assert other.post(f"/people/{people.ding.pk}/sign-in/", {"do": "factor"}).status_code == 403
        assert Authenticator.objects.filter(user=people.ding).exists()

    def test_nor_an_administrator_for_themselves(self, people):
        admin = browser()
        enter(admin, "admin")
        set_up_app(admin)

        answer = admin.post(f"/people/{people.admin.pk}/sign-in/", {"do": "factor"})

        assert answer.status_code == 403

    def test_ends_sessions(self, people):
        client = browser()
        enter(client)
        set_up_app(client)

        forget_second_factor(people.ding)

        assert signed_in_now(client) is None


class TestActingForAColleague:
    def test_never_reaches_how_the_colleague_signs_in(self, people):
        """A colleague without a password would be asked for nothing before a passkey is added."""
        people.ding.set_unusable_password()
        people.ding.save()
        admin = browser()
        enter(admin, "admin")
        set_up_app(admin)
        given = consent(people.ding, people.admin)
        admin.post(f"/people/act/{given.pk}/")

        assert "丁一" in admin.get("/people/me/").content.decode()
        page = admin.get(FACTOR)

        assert page.context["user"] == people.admin
        assert page.context["authenticators"].get("totp")
        admin.get(f"{FACTOR}totp/activate/")
        assert not Authenticator.objects.filter(user=people.ding).exists()


def signed_in_now(client: Client) -> User | None:
    """Who the app takes it for, asked by a page."""
    answer = client.get("/people/me/")
    return answer.context["user"] if answer.status_code == 200 else None


class TestOtherWays:
    def test_signing_in_by_json_is_no_other_way(self, people):
        client = browser()
        client.post(
            "/sign-in/login/", {"login": "ding", "password": PASSWORD}, headers={"Accept": "application/json"}
        )
        assert signed_in(client) == people.ding
        assert client.get(HOME, headers={"Accept": "application/json"}).status_code == 302

    @pytest.mark.parametrize(
        "path", ["/sign-in/../accounts/", "/sign-in/%2e%2e/accounts/", "/sign-in//accounts/"]
    )
    def test_nor_is_an_address_that_only_looks_like_signing_in(self, people, path):
        client = browser()
        enter(client)
        assert client.get(path).status_code == 404

    def test_nor_is_another_method(self, people):
        client = browser()
        enter(client)
        for method in ("HEAD", "OPTIONS", "PUT", "DELETE"):
            assert client.generic(method, "/accounts/").status_code == 302

    @pytest.mark.parametrize(
        "credential",
        [
            "",
            "{}",
            "[]",
            "null",
            "7",
            "x",
            '{"id": 1}',
            '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
            '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"}}',
        ],
    )
    def test_nonsense_for_a_passkey_is_refused_politely(self, people, credential):
        client = browser()
        client.get(f"{FACTOR}webauthn/login/", headers={"Accept": "application/json"})
        assert client.post(f"{FACTOR}webauthn/login/", {"credential": credential}).status_code in (200, 302)
        assert signed_in(client) is None
        user = browser()
        enter(user)
        user.post(f"/sign-in/reauthenticate/?next={FACTOR}webauthn/add/", {"password": PASSWORD})
        user.get(f"{FACTOR}webauthn/add/")
        assert user.post(f"{FACTOR}webauthn/add/", {"credential": credential}).status_code == 200
        set_up_app(user)
        between = browser()
        enter(between)
        assert between.post(f"{FACTOR}authenticate/", {"credential": credential}).status_code == 200
        assert user.post(f"{FACTOR}webauthn/reauthenticate/", {"credential": credential}).status_code in (
            200,
            302,
        )
        assert signed_in(between) is None


class TestStolenKey:
    """A security key without its PIN is one factor, whatever question it answers."""

    @pytest.mark.parametrize(("verified", "comes_in"), [(True, True), (False, False)])
    def test_signs_in_alone_only_where_the_device_asked_its_owner(self, people, verified, comes_in):
        passkey = Passkey()
        Authenticator.objects.create(
            user=people.ding, type="webauthn", data={"name": "key", "credential": passkey.registration()}
        )
        thief = browser()
        enter(thief, "wang")
        set_up_app(thief)
        Authenticator.objects.create(
            user=people.wang, type="webauthn", data={"name": "own", "credential": Passkey().registration()}
        )
        thief.post("/sign-in/logout/")
        enter(thief, "wang")
        asked = thief.get(
            f"{FACTOR}authenticate/"
        )  # a question that prefers, but does not require, to ask the owner
        challenge = asked.context["js_data"]["request_options"]["publicKey"]["challenge"]

        session = thief.session
        del session["account_login"]  # as after a quarter of an hour
        session.save()

        answer = passkey.answer(challenge, people.ding, verified=verified)
        thief.post(f"{FACTOR}webauthn/login/", {"credential": json.dumps(answer)})

        assert (signed_in(thief) == people.ding) is comes_in
