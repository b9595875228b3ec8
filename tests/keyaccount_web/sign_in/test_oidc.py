"""OpenID Connect against a provider that runs in the test, through the configuration file."""

import json
import logging
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives import serialization

from keyaccount_web.access.models import User
from keyaccount_web.access.services import switch_off
from tests.keyaccount_web.sign_in.conftest import HOME, browser, enter, mails_sent, signed_in
from tests.keyaccount_web.sign_in.servers import CLIENT, SECRET, OpenIdProvider

pytestmark = pytest.mark.django_db
START = "/sign-in/company/sso/"
BACK = "/sign-in/company/sso/callback/"
DING = {"sub": "7f3a", "email": "Ding@qiming.example", "email_verified": True, "name": "丁一"}


@pytest.fixture
def provider():
    server = OpenIdProvider()
    server.person = dict(DING)
    yield server
    server.stop()


@pytest.fixture
def sso(provider, file, people):  # noqa: ARG001
    def service(**more) -> None:
        file(
            {
                "provider": "openid_connect",
                "id": "sso",
                "name": "公司账号",
                "client_id": CLIENT,
                "secret": SECRET,
                "server_url": provider.url,
                **more,
            }
        )

    service()
    return service


def go(client, start: str = START, **told):
    """To the provider's page, where somebody is signed in already, and back: the answer to the callback."""
    away = client.post(start, told)
    assert away.status_code == 302, away.content.decode()
    back = requests.get(away.url, allow_redirects=False, timeout=5).headers["Location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}")


class TestSigningIn:
    def test_shows_its_button(self, sso):
        assert "用公司账号登录" in browser().get("/sign-in/login/").content.decode()

    def test_begins_by_post_only(self, sso):
        answer = browser().get(START)
        assert answer.status_code == 200
        assert "继续" in answer.content.decode()

    def test_by_verified_address_the_first_time(self, sso, people):
        client = browser()

        answer = go(client)

        assert (answer.status_code, answer.url) == (302, HOME)
        assert signed_in(client) == people.ding
        assert client.get(HOME).status_code == 200  # the second factor is the company's
        kept = SocialAccount.objects.get(user=people.ding)
        assert (kept.provider, kept.uid) == ("sso", "7f3a")
        assert "公司账号" in mails_sent()[0].body

    def test_by_subject_afterwards(self, sso, provider, people):
        go(browser())
        provider.person |= {"email": "wang@qiming.example"}
        client = browser()

        go(client)

        assert signed_in(client) == people.ding

    def test_with_pkce_state_and_nonce(self, sso, provider):
        away = browser().post(START)
        told = parse_qs(urlsplit(away.url).query)
        assert told["code_challenge_method"] == ["S256"]
        assert min(len(told[name][0]) for name in ("code_challenge", "state", "nonce")) >= 16
        go(browser())
        _, _, asked = next(one for one in provider.asked if one[1] == "/token")
        assert len(asked["code_verifier"]) >= 43

    def test_goes_where_one_wanted_to_and_never_to_another_site(self, sso):
        assert go(browser(), next="/people/me/").url == "/people/me/"
        assert go(browser(), next="https://evil.example/").url == HOME

    def test_takes_nothing_from_the_address(self, sso, provider):
        away = browser().post(
            f"{START}?process=connect&scope=admin&auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example%26nonce%3Dx"
        )
        told = parse_qs(urlsplit(away.url).query)
        assert told["redirect_uri"] == [f"http://testserver{BACK}"]
        assert set(told["scope"][0].split()) == {"openid", "profile", "email"}
        assert told["nonce"] != ["x"]

    def test_keeps_no_token(self, sso):
        go(browser())
        kept = json.dumps(SocialAccount.objects.get().extra_data)
        assert set(json.loads(kept)) <= {"name", "preferred_username", "email", "iss"}

    def test_does_not_outlive_a_later_password(self, sso, people):
        client = browser()
        go(client)
        client.post("/sign-in/logout/")
        enter(client)
        assert signed_in(client) == people.ding
        assert client.get(HOME).url == "/sign-in/2fa/"

    def test_asks_for_the_factor_of_who_set_one_up(self, sso, people):
        from tests.keyaccount_web.sign_in.conftest import set_up_app

        first = browser()
        enter(first)
        set_up_app(first)
        assert go(browser()).url == "/sign-in/2fa/authenticate/"


class TestRefused:
    def _refused(self, client, people, answer, *words):
        text = answer.content.decode()
        assert answer.status_code in (401, 403), text
        assert signed_in(client) is None
        assert not SocialAccount.objects.exists()
        for word in words:
            assert word in text

    def test_an_unknown_person_is_told_what_to_do(self, sso, provider, people):
        provider.person |= {"sub": "9", "email": "new@qiming.example"}
        client = browser()
        answer = go(client)
        self._refused(client, people, answer, "没有与之对应的用户", "邀请链接")
        assert User.objects.count() == 3

    def test_in_english_too(self, sso, provider, people):
        provider.person |= {"email": "new@qiming.example"}
        client = browser("en")
        self._refused(client, people, go(client), "no user here is tied")

    @pytest.mark.parametrize("verified", [False, None, "false", "", 0])
    def test_an_address_that_the_service_does_not_vouch_for(self, sso, provider, people, verified):
        provider.person |= {"email_verified": verified}
        client = browser()
        self._refused(client, people, go(client), "没有与之对应的用户")

    def test_an_address_of_two_users(self, sso, people):
        User.objects.filter(pk=people.wang.pk).update(email="DING@qiming.example")
        client = browser()
        self._refused(client, people, go(client))

    def test_a_switched_off_user(self, sso, people):
        switch_off(people.ding)
        client = browser()
        self._refused(client, people, go(client))

    def test_a_switched_off_user_who_came_before(self, sso, people):
        go(browser())
        switch_off(people.ding)
        client = browser()
        answer = go(client)
        assert answer.url == "/sign-in/inactive/"
        assert signed_in(client) is None

    def test_a_second_subject_with_the_address_of_the_first(self, sso, provider, people):
        """The address went to somebody new; the account of who had it does not."""
        go(browser())
        provider.person |= {"sub": "another"}
        client = browser()
        answer = go(client)
        assert answer.status_code == 403
        assert signed_in(client) is None

    def test_leaves_nothing_behind_for_a_password(self, sso, provider, people):
        """Refused at the company's door, then in by password: a password alone, as before."""
        provider.person |= {"email": "new@qiming.example"}
        client = browser()
        go(client)
        enter(client)
        assert client.get(HOME).url == "/sign-in/2fa/"

    def test_linking_ones_own_account_by_hand(self, sso, people):
        """It would make a friend's account a second door, past the second factor."""
        client = browser()
        enter(client)
        client.post(f"{START}?process=connect", {"process": "connect"})
        assert not SocialAccount.objects.exists()


class TestTampered:
    def _refused(self, client, answer):
        assert answer.status_code == 401
        assert "没有完成" in answer.content.decode()
        assert signed_in(client) is None
        assert not SocialAccount.objects.exists()

    @pytest.mark.parametrize(
        "change",
        [
            {"nonce": "another"},
            {"nonce": None},
            {"aud": "another-client"},
            {"aud": [CLIENT, "another"]},
            {"aud": [CLIENT, "another"], "azp": "another"},
            {"iss": "https://evil.example"},
            {"exp": 1_700_000_000},
            {"iat": 4_000_000_000},
            {"sub": None},
        ],
    )
    def test_claims(self, sso, provider, change):
        provider.tamper = lambda claims: {
            key: value for key, value in (claims | change).items() if value is not None
        }
        client = browser()
        self._refused(client, go(client))

    def test_signature_of_another_key(self, sso, provider):
        provider.sign = lambda claims: jwt.encode(claims, provider.other_key, "RS256", headers={"kid": "one"})
        client = browser()
        self._refused(client, go(client))

    def test_a_key_that_is_not_listed(self, sso, provider):
        provider.sign = lambda claims: jwt.encode(claims, provider.other_key, "RS256", headers={"kid": "two"})
        client = browser()
        self._refused(client, go(client))

    def test_no_signature(self, sso, provider):
        provider.sign = lambda claims: jwt.encode(claims, None, "none")
        client = browser()
        self._refused(client, go(client))

    def test_a_signature_by_our_secret_or_the_public_key(self, sso, provider):
        public = provider.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        for key in (SECRET.ljust(64), public):
            provider.sign = lambda claims, key=key: jwt.encode(claims, key, "HS256", headers={"kid": "one"})
            client = browser()
            self._refused(client, go(client))

    def test_no_token_at_all(self, sso, provider):
        for token in (None, "", "a.b.c", 7):
            provider.sign = lambda _, token=token: token
            client = browser()
            self._refused(client, go(client))

    def test_userinfo_of_another_subject(self, sso, provider):
        provider.userinfo = {**DING, "sub": "another"}
        client = browser()
        self._refused(client, go(client))

    def test_userinfo_does_not_overrule_what_is_signed(self, sso, provider, people):
        provider.userinfo = {**DING, "email": "admin@qiming.example"}
        client = browser()
        go(client)
        assert signed_in(client) == people.ding

    def test_state(self, sso, provider):
        client = browser()
        away = client.post(START)
        back = urlsplit(requests.get(away.url, allow_redirects=False, timeout=5).headers["Location"])
        told = {key: values[0] for key, values in parse_qs(back.query).items()}
        for state in ("another", "", None):
            answer = client.get(BACK, {**told, **({"state": state} if state is not None else {"state": "-"})})
            self._refused(client, answer)
        assert "/token" not in provider.paths()

    def test_state_of_another_browser(self, sso, provider):
        """A stranger's sign-in, carried into somebody's browser."""
        stranger, victim = browser(), browser()
        away = stranger.post(START)
        back = urlsplit(requests.get(away.url, allow_redirects=False, timeout=5).headers["Location"])
        self._refused(victim, victim.get(f"{back.path}?{back.query}"))

    def test_an_answer_that_was_used(self, sso, provider, people):
        client = browser()
        away = client.post(START)
        back = urlsplit(requests.get(away.url, allow_redirects=False, timeout=5).headers["Location"])
        client.get(f"{back.path}?{back.query}")
        client.post("/sign-in/logout/")
        answer = client.get(f"{back.path}?{back.query}")
        assert answer.status_code == 401
        assert signed_in(client) is None

    def test_an_answer_of_another_server(self, sso, provider):
        client = browser()
        away = client.post(START)
        back = urlsplit(requests.get(away.url, allow_redirects=False, timeout=5).headers["Location"])
        told = {key: values[0] for key, values in parse_qs(back.query).items()}
        self._refused(client, client.get(BACK, told | {"iss": "https://evil.example"}))


class TestTrouble:
    def test_cancelled(self, sso):
        client = browser()
        away = client.post(START)
        state = parse_qs(urlsplit(away.url).query)["state"][0]
        answer = client.get(BACK, {"error": "access_denied", "state": state}, follow=True)
        assert "已取消登录" in answer.content.decode()

    def test_a_server_that_is_down(self, sso, provider):
        provider.stop()
        answer = browser().post(START)
        assert answer.status_code == 401
        assert "没有完成" in answer.content.decode()

    def test_a_wrong_secret_is_not_told_to_the_log(self, sso, caplog):
        sso(secret="another-s3cret")  # noqa: S106
        caplog.set_level(logging.DEBUG)
        answer = go(browser())
        assert answer.status_code == 401
        ours = [one.getMessage() for one in caplog.records if one.name.startswith("keyaccount")]
        assert any("Sign-in by sso failed" in one for one in ours)
        assert "another-s3cret" not in caplog.text

    @pytest.mark.parametrize("path", ["company/none/", "company/none/callback/", "company/openid_connect/"])
    def test_a_service_that_is_not_set_up(self, sso, path):
        assert browser().get(f"/sign-in/{path}").status_code == 404
        assert browser().post(f"/sign-in/{path}").status_code == 404

    def test_where_nothing_is_set_up(self, people):
        assert browser().post(START).status_code == 404
        assert "公司账号" not in browser().get("/sign-in/login/").content.decode()

    def test_a_stranger_cannot_begin_it(self, sso, people):
        """Without the token of our own page nothing is begun."""
        assert browser(enforce_csrf_checks=True).post(START).status_code == 403

    @pytest.mark.parametrize(
        "told", [{}, {"state": "x"}, {"code": "x"}, {"error": "x"}, {"state": "x" * 9000}, {"state": "\x00"}]
    )
    def test_nonsense_is_refused_politely(self, sso, people, told):
        client = browser()
        client.post(START)
        assert client.get(BACK, told).status_code == 401
        assert client.post(BACK, told).status_code in (401, 405)
