"""DingTalk, Feishu and WeCom, replayed from their public documentation; real sign-ins cannot be tried here."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount

from keyaccount_web.access.services import invite, link_service, switch_off
from tests.keyaccount_web.sign_in.conftest import HOME, browser, signed_in
from tests.keyaccount_web.sign_in.servers import CLIENT, CORP_SECRET, SECRET, DingTalk, Feishu, WeCom

pytestmark = pytest.mark.django_db
MOBILE_WECOM = "Mozilla/5.0 (iPhone) AppleWebKit/605 MicroMessenger/7.0.1 wxwork/4.1.0 MailPlugin_Electron"


def begin(client, service: str, **told) -> tuple[str, dict[str, str]]:
    """Where the browser is sent, and with what."""
    away = client.post(f"/sign-in/company/{service}/", told)
    assert away.status_code == 302, away.content.decode()
    parts = urlsplit(away.url)
    return away.url.split("?")[0], {key: values[0] for key, values in parse_qs(parts.query).items()}


def back(client, service: str, state: str, code: str = "good", name: str = "code"):
    return client.get(f"/sign-in/company/{service}/callback/", {name: code, "state": state})


def go(client, service: str, **told):
    _, asked = begin(client, service, **told)
    return back(client, service, asked["state"])


@pytest.fixture
def dingtalk(file, people):  # noqa: ARG001
    server = DingTalk()
    server.employees["manager4220"] = {"unionid": "union-1", "org_email": "ding@qiming.example"}
    file(
        {
            "provider": "dingtalk",
            "name": "钉钉",
            "client_id": CLIENT,
            "secret": SECRET,
            "corp_id": "ding-qiming",
            "addresses": server.addresses,
        }
    )
    yield server
    server.stop()


@pytest.fixture
def feishu(file, people):  # noqa: ARG001
    server = Feishu()
    server.user = {
        "name": "丁一",
        "open_id": "ou_1",
        "union_id": "on_1",
        "user_id": "5d9bdxxx",
        "tenant_key": "736588c9260f175e",
        "enterprise_email": "ding@qiming.example",
        "email": "private@elsewhere.example",
        "mobile": "+8613900000000",
    }
    told = {
        "provider": "feishu",
        "name": "飞书",
        "client_id": CLIENT,
        "secret": SECRET,
        "tenant_key": "736588c9260f175e",
        "addresses": server.addresses,
    }
    file(told)
    server.configure = lambda **more: file({**told, **more})
    yield server
    server.stop()


@pytest.fixture
def wecom(file, people):  # noqa: ARG001
    from django.core.cache import cache

    cache.clear()
    server = WeCom()
    told = {
        "provider": "wecom",
        "name": "企业微信",
        "client_id": "ww-qiming",
        "agent_id": "1000002",
        "secret": CORP_SECRET,
        "addresses": server.addresses,
    }
    file(told)
    server.configure = lambda **more: file({**told, **more})
    yield server
    server.stop()


class TestDingTalk:
    def test_sends_the_browser_to_its_page(self, dingtalk):
        where, told = begin(browser(), "dingtalk")
        assert where == dingtalk.addresses["authorize"]
        assert told["client_id"] == CLIENT
        assert told["response_type"] == "code"
        assert set(told["scope"].split()) == {"openid", "corpid"}
        assert (told["prompt"], told["corpId"]) == ("consent", "ding-qiming")
        assert told["redirect_uri"] == "http://testserver/sign-in/company/dingtalk/callback/"

    def test_lets_in_by_the_organisations_address_the_first_time(self, dingtalk, people):
        client = browser()
        _, told = begin(client, "dingtalk")

        answer = back(client, "dingtalk", told["state"], name="authCode")

        assert answer.url == HOME
        assert signed_in(client) == people.ding
        assert SocialAccount.objects.get().uid == "manager4220"
        assert dingtalk.paths() == [
            "/v1.0/oauth2/userAccessToken",
            "/v1.0/contact/users/me",
            "/v1.0/oauth2/accessToken",
            "/topapi/user/getbyunionid",
            "/topapi/v2/user/get",
        ]

    def test_by_the_employee_id_afterwards(self, dingtalk, people):
        link_service(people.wang, "dingtalk", "manager4220")
        client = browser()
        go(client, "dingtalk")
        assert signed_in(client) == people.wang

    def test_not_by_an_address_that_somebody_wrote(self, dingtalk, people):
        dingtalk.employees["manager4220"] = {"unionid": "union-1", "email": "ding@qiming.example"}
        dingtalk.me["email"] = "ding@qiming.example"
        client = browser()
        assert go(client, "dingtalk").status_code == 403
        assert signed_in(client) is None

    def test_refuses_who_is_not_of_the_organisation(self, dingtalk, people):
        link_service(people.ding, "dingtalk", "manager4220")
        for spoil in (
            lambda: dingtalk.employees.clear(),
            lambda: setattr(dingtalk, "contact_type", 1),
            lambda: setattr(dingtalk, "corp_id", "ding-other"),
        ):
            employees = dict(dingtalk.employees)
            spoil()
            client = browser()
            assert go(client, "dingtalk").status_code == 401
            assert signed_in(client) is None
            dingtalk.employees.update(employees)
            dingtalk.contact_type, dingtalk.corp_id = 0, "ding-qiming"

    def test_refuses_a_wrong_code(self, dingtalk):
        client = browser()
        _, told = begin(client, "dingtalk")
        assert back(client, "dingtalk", told["state"], code="bad").status_code == 401

    def test_refuses_a_wrong_state(self, dingtalk):
        client = browser()
        begin(client, "dingtalk")
        assert back(client, "dingtalk", "another").status_code == 401
        assert dingtalk.asked == []


class TestFeishu:
    def _go(self, feishu, client, **told):
        _, asked = begin(client, "feishu", **told)
        feishu.challenge = asked["code_challenge"]
        return back(client, "feishu", asked["state"])

    def test_sends_the_browser_to_its_page_with_pkce(self, feishu):
        assert "scope" not in browser().post("/sign-in/company/feishu/").url
        where, told = begin(browser(), "feishu")
        assert where == feishu.addresses["authorize"]
        assert told["client_id"] == CLIENT
        assert told["code_challenge_method"] == "S256"
        assert told["redirect_uri"] == "http://testserver/sign-in/company/feishu/callback/"

    def test_lets_in_by_the_companys_address_the_first_time(self, feishu, people):
        client = browser()
        assert self._go(feishu, client).url == HOME
        assert signed_in(client) == people.ding
        assert SocialAccount.objects.get().uid == "ou_1"

    def test_by_the_id_that_the_file_names(self, feishu, people):
        feishu.configure(uid_field="user_id")
        link_service(people.wang, "feishu", "5d9bdxxx")
        client = browser()
        self._go(feishu, client)
        assert signed_in(client) == people.wang

    def test_not_by_an_address_of_the_directory_unless_the_file_says_so(self, feishu, people):
        feishu.user |= {"enterprise_email": "", "email": "ding@qiming.example"}
        client = browser()
        assert self._go(feishu, client).status_code == 403
        feishu.configure(verified_email=["qiming.example"])
        self._go(feishu, client)
        assert signed_in(client) == people.ding

    def test_refuses_another_company(self, feishu, people):
        feishu.user["tenant_key"] = "other"
        client = browser()
        assert self._go(feishu, client).status_code == 401

    def test_refuses_without_the_id(self, feishu):
        feishu.configure(uid_field="user_id")
        del feishu.user["user_id"]
        assert self._go(feishu, browser()).status_code == 401

    def test_refuses_a_code_of_another_sign_in(self, feishu):
        client = browser()
        _, told = begin(client, "feishu")
        feishu.challenge = "another"
        assert back(client, "feishu", told["state"]).status_code == 401


class TestWeCom:
    def test_sends_a_computer_to_the_code_to_scan(self, wecom):
        where, told = begin(browser(), "wecom")
        assert where == "https://login.work.weixin.qq.com/wwlogin/sso/login"
        state = told.pop("state")
        assert state.isalnum()
        assert told == {
            "login_type": "CorpApp",
            "appid": "ww-qiming",
            "agentid": "1000002",
            "redirect_uri": "http://testserver/sign-in/company/wecom/callback/",
        }

    def test_sends_its_own_app_to_the_silent_page(self, wecom):
        client = browser()
        away = client.post("/sign-in/company/wecom/", headers={"User-Agent": MOBILE_WECOM})
        parts = urlsplit(away.url)
        told = {key: values[0] for key, values in parse_qs(parts.query).items()}
        assert away.url.startswith("https://open.weixin.qq.com/connect/oauth2/authorize?")
        assert parts.fragment == "wechat_redirect"
        assert told["state"].isalnum()
        assert (told["appid"], told["agentid"], told["scope"], told["response_type"]) == (
            "ww-qiming",
            "1000002",
            "snsapi_base",
            "code",
        )

    def test_lets_in_by_the_id_that_an_administrator_entered(self, wecom, people):
        link_service(people.ding, "wecom", "dingyi")
        client = browser()
        assert go(client, "wecom").url == HOME
        assert signed_in(client) == people.ding
        assert wecom.paths() == ["/cgi-bin/gettoken", "/cgi-bin/auth/getuserinfo", "/cgi-bin/user/get"]

    def test_by_an_administrators_page(self, wecom, people, settings):
        settings.REQUIRE_SECOND_FACTOR = False
        admin, client = browser(), browser()
        admin.force_login(people.admin)
        told = {"do": "service", "service": "wecom", "uid": " DingYi "}
        page = admin.post(f"/people/{people.ding.pk}/sign-in/", told)
        assert 'value="dingyi"' in page.content.decode()
        go(client, "wecom")
        assert signed_in(client) == people.ding

        page = admin.post(f"/people/{people.wang.pk}/sign-in/", told)
        assert "已属于另一位用户" in page.content.decode()

        admin.post(f"/people/{people.ding.pk}/sign-in/", {**told, "uid": ""})
        assert client.get(HOME).status_code == 302
        assert go(browser(), "wecom").status_code == 403

    def test_lets_in_by_the_companys_address_where_it_is_told(self, wecom, people):
        wecom.user["biz_mail"] = "ding@qiming.example"
        client = browser()
        go(client, "wecom")
        assert signed_in(client) == people.ding

    def test_asks_for_details_with_the_members_consent(self, wecom, people):
        """snsapi_privateinfo inside the app: the answer holds a ticket."""
        wecom.who["user_ticket"] = "ticket"
        wecom.detail = {"userid": "DingYi", "biz_mail": "ding@qiming.example"}
        client = browser()
        go(client, "wecom")
        assert signed_in(client) == people.ding

    def test_not_by_an_address_that_the_member_wrote(self, wecom):
        wecom.user["email"] = "ding@qiming.example"
        assert go(browser(), "wecom").status_code == 403

    def test_does_without_details(self, wecom, people):
        wecom.user = None
        link_service(people.ding, "wecom", "dingyi")
        client = browser()
        go(client, "wecom")
        assert signed_in(client) == people.ding

    def test_keeps_the_applications_token_and_renews_it(self, wecom, people):
        link_service(people.ding, "wecom", "dingyi")
        go(browser(), "wecom")
        go(browser(), "wecom")
        assert wecom.tokens == 1
        wecom.tokens = 7  # the service has withdrawn it
        client = browser()
        go(client, "wecom")
        assert signed_in(client) == people.ding
        assert wecom.tokens == 8

    @pytest.mark.parametrize(
        "who", [{"openid": "o1", "external_userid": "wm1"}, {"openid": "o1"}, {"userid": ""}, {}]
    )
    def test_refuses_who_is_not_of_the_company(self, wecom, people, who):
        wecom.who = who
        client = browser()
        assert go(client, "wecom").status_code == 401
        assert signed_in(client) is None

    @pytest.mark.parametrize("status", [2, 5])
    def test_refuses_who_has_left_or_is_disabled(self, wecom, people, status):
        link_service(people.ding, "wecom", "dingyi")
        wecom.user["status"] = status
        assert go(browser(), "wecom").status_code == 401

    def test_refuses_who_is_switched_off_here(self, wecom, people):
        link_service(people.ding, "wecom", "dingyi")
        switch_off(people.ding)
        client = browser()
        assert go(client, "wecom").url == "/sign-in/inactive/"
        assert signed_in(client) is None

    def test_refuses_a_wrong_code_and_a_wrong_state(self, wecom):
        client = browser()
        _, told = begin(client, "wecom")
        assert back(client, "wecom", told["state"], code="bad").status_code == 401
        assert back(client, "wecom", "another").status_code == 401

    @pytest.mark.parametrize("trouble", ["secret", "down"])
    def test_tells_the_log_why_but_no_secret(self, wecom, caplog, trouble):
        """Its secret stands in the query of an address, which exceptions repeat."""
        caplog.set_level(logging.INFO)
        if trouble == "secret":
            wecom.configure(secret="wrong-s3cret")  # noqa: S106
        else:
            wecom.stop()
        assert go(browser(), "wecom").status_code == 401
        assert "Sign-in by wecom failed" in caplog.text
        for secret in ("wrong-s3cret", CORP_SECRET):
            assert secret not in caplog.text


class TestFirstTimeByInvitation:
    """Where the service tells no address: the link says who it is, the service which account is theirs."""

    def test_ties_the_account_and_uses_the_link_up(self, wecom, people):
        people.ding.set_unusable_password()
        people.ding.save()
        client = browser()
        page = client.get(f"/people/welcome/{invite(people.ding, people.admin)}/", follow=True)
        assert "用企业微信进入" in page.content.decode()

        assert go(client, "wecom", invitation="1").url == HOME

        assert signed_in(client) == people.ding
        assert client.get(HOME).status_code == 200
        people.ding.refresh_from_db()
        assert not people.ding.has_usable_password()
        assert browser().get("/people/welcome/", follow=True).status_code == 410
        again = browser()
        go(again, "wecom")
        assert signed_in(again) == people.ding

    def test_only_where_the_sign_in_began_on_its_page(self, wecom, people):
        """A link of a stranger, opened once, must not tie the next sign-in to the stranger's user."""
        client = browser()
        client.get(f"/people/welcome/{invite(people.wang, people.admin)}/")
        assert go(client, "wecom").status_code == 403
        assert not SocialAccount.objects.exists()

    def test_not_by_a_link_that_is_used_up_meanwhile(self, wecom, people):
        client = browser()
        client.get(f"/people/welcome/{invite(people.ding, people.admin)}/")
        _, told = begin(client, "wecom", invitation="1")
        invite(people.ding, people.admin)  # a newer one
        assert back(client, "wecom", told["state"]).status_code == 403

    def test_does_not_take_an_account_from_another(self, wecom, people):
        link_service(people.wang, "wecom", "dingyi")
        client = browser()
        client.get(f"/people/welcome/{invite(people.ding, people.admin)}/")
        go(client, "wecom", invitation="1")
        assert signed_in(client) == people.wang
        assert SocialAccount.objects.get().user == people.wang
