"""The file of sign-in services: everything that is wrong with it is told at once, at the start."""

import json

import pytest

from keyaccount_web.config.sign_in import KNOWN, socialaccount_providers

GOOD = {
    "openid_connect": {"server_url": "https://sso.example"},
    "dingtalk": {},
    "feishu": {},
    "wecom": {"agent_id": "1000002"},
}


def read(tmp_path, services):
    file = tmp_path / "sign-in.json"
    file.write_text(services if isinstance(services, str) else json.dumps(services), encoding="utf-8")
    return socialaccount_providers(str(file))


def service(provider: str, **more) -> dict:
    return {"provider": provider, "client_id": "c", "secret": "s", **GOOD[provider], **more}


class TestFile:
    def test_none_is_none(self):
        assert socialaccount_providers(None) == {}

    def test_all_four_at_once(self, tmp_path):
        told = read(tmp_path, [service(one) for one in KNOWN] + [service("openid_connect", id="second")])
        assert set(told) == set(KNOWN)
        assert [app["provider_id"] for app in told["openid_connect"]["APPS"]] == ["openid_connect", "second"]
        assert told["wecom"]["APPS"][0]["settings"] == {"agent_id": "1000002"}

    @pytest.mark.parametrize(
        ("services", "words"),
        [
            ("{", "cannot be read as JSON"),
            ('{"provider": "dingtalk"}', "should be a list"),
            ([{"provider": "weixin"}], "found 'weixin'"),
            ([{"provider": "dingtalk", "client_id": "c"}], "secret is missing"),
            ([service("wecom", agent_id=1000002)], "agent_id is missing"),
            ([service("openid_connect", server_url="http://sso.example")], "begin with https://"),
            (
                [service("feishu", addresses={"token": "http://feishu.example"})],
                "token should begin with https://",
            ),
            ([service("dingtalk", corpid="x")], "'corpid' is not known"),
            ([service("dingtalk"), service("dingtalk")], "used twice"),
            ([service("dingtalk", id="../x")], "id should be small letters"),
        ],
    )
    def test_says_what_is_wrong(self, tmp_path, services, words):
        with pytest.raises(ValueError, match="KEYACCOUNT_SIGN_IN") as told:
            read(tmp_path, services)
        assert words in str(told.value)

    def test_says_all_of_it_and_no_secret(self, tmp_path):
        bad = [{"provider": "wecom", "secret": "s3cret"}, {"provider": "x"}]
        with pytest.raises(ValueError, match="client_id is missing") as told:
            read(tmp_path, bad)
        assert "agent_id is missing" in str(told.value)
        assert "service 2" in str(told.value)
        assert "s3cret" not in str(told.value)

    def test_an_address_of_this_machine_may_go_without_https(self, tmp_path):
        assert read(tmp_path, [service("openid_connect", server_url="http://127.0.0.1:8080")])
