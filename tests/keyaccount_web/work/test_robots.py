"""Group robots: what exactly they are sent, where nothing is sent to, and that their addresses stay secret.

The signatures are worked out here by hand from the services' documentation, not by the code under test.
"""

import base64
import hashlib
import hmac
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from keyaccount_web.work.delivery import deliver_due
from keyaccount_web.work.models import Delivery, Robot
from keyaccount_web.work.outgoing import OutgoingError, check_address, is_public, post_json, public_address
from keyaccount_web.work.robots import add_robot, request_for, tell_robots
from keyaccount_web.work.sealed import seal, unseal

SECRET = "SEC-4711-geheim"  # noqa: S105 - of an invented robot
KEY = "7a1b-key-of-the-robot"
FORM = {"name": "浙江群", "service": "dingtalk", "purpose": "overdue", "lang": "zh", "secret": SECRET}


@pytest.fixture
def server(settings):
    """A robot's server on this machine: what it was sent, and what it answers."""
    settings.ALLOW_LOCAL_ROBOTS = True

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            told.sent.append((self.path, self.headers["Content-Type"], json.loads(self.rfile.read(length))))
            status, body = told.answer
            self.send_response(status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    told = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.sent, told.answer, told.headers = [], (200, b'{"errcode":0,"errmsg":"ok"}'), {}
    told.address = f"http://127.0.0.1:{told.server_port}/send?key={KEY}"
    thread = threading.Thread(target=told.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield told
    told.shutdown()
    told.server_close()
    thread.join()


@pytest.fixture
def robot(company, server):
    def made(service="wecom", unit="ZJ", **told):
        told = {"purpose": "general", "address": server.address, "secret": SECRET} | told
        return add_robot(company.users["admin"], name="群", service=service, unit=company.units[unit], **told)

    return made


class TestRequestFor:
    def test_wecom_is_a_text(self):
        url, body = request_for("wecom", "https://qyapi.weixin.qq.com/x?key=1", "", "您好", now=1.0)
        assert url == "https://qyapi.weixin.qq.com/x?key=1"
        assert body == {"msgtype": "text", "text": {"content": "您好"}}

    def test_dingtalk_signs_milliseconds_and_secret_with_the_secret(self):
        url, body = request_for(
            "dingtalk",
            "https://oapi.dingtalk.com/robot/send?access_token=1",
            SECRET,
            "您好",
            now=1767139200.5,
        )
        query = parse_qs(urlsplit(url).query)
        stamp = "1767139200500"
        sign = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
        assert query == {
            "access_token": ["1"],
            "timestamp": [stamp],
            "sign": [base64.b64encode(sign).decode()],
        }
        assert body == {"msgtype": "text", "text": {"content": "您好"}}

    def test_feishu_signs_nothing_with_seconds_and_secret(self):
        url, body = request_for(
            "feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/1", SECRET, "您好", now=1767139200.5
        )
        sign = hmac.new(f"1767139200\n{SECRET}".encode(), b"", hashlib.sha256).digest()
        assert url == "https://open.feishu.cn/open-apis/bot/v2/hook/1"
        assert body == {
            "msg_type": "text",
            "content": {"text": "您好"},
            "timestamp": "1767139200",
            "sign": base64.b64encode(sign).decode(),
        }

    def test_without_a_secret_nothing_is_signed(self):
        for service in ("dingtalk", "feishu"):
            url, body = request_for(service, "https://example.com/x", "", "您好", now=1.0)
            assert url == "https://example.com/x"
            assert "sign" not in body


class TestDelivery:
    @pytest.mark.parametrize("service", ["wecom", "dingtalk", "feishu"])
    def test_reaches_the_robot(self, company, robot, server, service):
        robot(service)
        server.answer = (200, b'{"code":0,"msg":"success"}' if service == "feishu" else b'{"errcode":0}')
        assert tell_robots("general", "robot.hello", account=company.accounts["K7101"]) == 1
        assert deliver_due() == 1
        ((_, kind, body),) = server.sent
        assert kind == "application/json"
        text = body["content"]["text"] if service == "feishu" else body["text"]["content"]
        assert text == "大客户管理：机器人已连接。\nhttp://localhost"
        assert Delivery.objects.get().state == "sent"

    def test_names_the_account_only_where_the_robot_may(self, company, robot, server):
        account = company.accounts["K7101"]
        robot(), robot(names_accounts=True)
        tell_robots("general", "robot.hello", account=account)
        deliver_due()
        texts = sorted(body["text"]["content"] for _, _, body in server.sent)
        assert [account.name in text for text in texts] == [True, False] or [
            account.name in text for text in texts
        ] == [False, True]
        # Moved to another province meanwhile: its name is none of this group's business.
        tell_robots("general", "robot.hello", account=account)
        account.unit = company.units["NJ"]
        account.save()
        server.sent.clear()
        deliver_due()
        assert len(server.sent) == 2
        assert all(account.name not in json.dumps(one, ensure_ascii=False) for one in server.sent)

    def test_goes_to_the_units_above_and_no_other(self, company, robot):
        for unit in ("HQ", "ZJ", "NB", "JS"):
            robot(unit=unit)
        robot(unit="ZJ", purpose="service")
        tell_robots("general", "robot.hello", account=company.accounts["K7101"])
        units = Delivery.objects.values_list("robot__unit__code", flat=True)
        assert sorted(units) == ["HQ", "ZJ"]

    @pytest.mark.parametrize(
        ("answer", "headers", "error"),
        [
            (
                (200, b'{"errcode":310000,"errmsg":"sign not match ' + KEY.encode() + b'"}'),
                {},
                "robot.refused",
            ),
            ((200, b'{"code":19021,"msg":"sign match fail"}'), {}, "robot.refused"),
            ((200, b'{"errcode":"' + KEY.encode() + b'"}'), {}, "robot.refused"),
            ((200, b"{}"), {}, "robot.refused"),
            ((500, b"broken"), {}, "robot.answer"),
            ((200, b"<html>"), {}, "robot.answer"),
            ((200, b"[]"), {}, "robot.answer"),
            ((200, b"x" * 100_000), {}, "robot.answer"),
            ((302, b""), {"Location": "http://127.0.0.1/elsewhere"}, "robot.answer"),
        ],
    )
    def test_waits_where_it_is_refused_and_tells_no_secret(
        self, company, robot, server, caplog, answer, headers, error, as_user
    ):
        caplog.set_level(logging.DEBUG)
        robot()
        server.answer, server.headers = answer, headers
        tell_robots("general", "robot.hello", account=company.accounts["K7101"])
        assert deliver_due() == 0
        waiting = Delivery.objects.get()
        assert (waiting.state, waiting.error["code"], len(server.sent)) == ("waiting", error, 1)
        page = as_user("admin").get("/robots/").content.decode()
        assert "没有送达" in page
        for text in (caplog.text, page, json.dumps(waiting.error), *map(str, Robot.objects.values())):
            assert KEY not in text
            assert SECRET not in text

    def test_waits_where_nobody_answers(self, company, robot, server):
        robot(address="http://127.0.0.1:1/x")
        tell_robots("general", "robot.hello", account=company.accounts["K7101"])
        assert deliver_due() == 0
        assert Delivery.objects.get().error["code"] == "robot.unreachable"

    def test_says_so_when_the_apps_key_was_changed(self, company, robot, server, settings):
        robot()
        tell_robots("general", "robot.hello", account=company.accounts["K7101"])
        settings.SECRET_KEY = SECRET
        deliver_due()
        assert Delivery.objects.get().error["code"] == "robot.sealed"
        assert server.sent == []

    def test_of_a_robot_that_is_off_is_withheld(self, company, robot, server):
        robot()
        tell_robots("general", "robot.hello", account=company.accounts["K7101"])
        Robot.objects.update(is_active=False)
        deliver_due()
        assert Delivery.objects.get().state == "withheld"
        assert server.sent == []


class TestOwnNetwork:
    @pytest.mark.parametrize(
        "address",
        [
            "http://robot.example.com/x",
            "ftp://robot.example.com/x",
            "https://",
            "https:///x",
            "https://user:pass@robot.example.com/",
            "https://robot.example.com:99999/",
            "https://robot.example.com/a b",
            "https://robot.example.com/\r\nX: y",
            "file:///etc/passwd",
            "//robot.example.com/x",
            "",
        ],
    )
    def test_takes_only_https_addresses(self, address):
        with pytest.raises(OutgoingError) as caught:
            check_address(address)
        assert caught.value.code == "robot.address"

    @pytest.mark.parametrize(
        ("address", "public"),
        [
            ("8.8.8.8", True),
            ("2606:4700::1111", True),
            ("127.0.0.1", False),
            ("10.1.2.3", False),
            ("172.16.0.1", False),
            ("192.168.1.1", False),
            ("169.254.169.254", False),
            ("100.64.0.1", False),
            ("0.0.0.0", False),  # noqa: S104 - an address to refuse
            ("224.0.0.1", False),
            ("255.255.255.255", False),
            ("::1", False),
            ("::", False),
            ("fe80::1%eth0", False),
            ("fd00::1", False),
            ("::ffff:127.0.0.1", False),
            ("::ffff:8.8.8.8", True),
            ("64:ff9b::7f00:1", False),
            ("2002:7f00:1::", False),
            ("no address", False),
        ],
    )
    def test_tells_public_addresses(self, address, public):
        assert is_public(address) is public

    def test_is_not_reached_by_a_name_that_leads_there(self, monkeypatch):
        answers = [(2, 1, 6, "", ("8.8.8.8", 443)), (2, 1, 6, "", ("10.0.0.5", 443))]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_told: answers)
        with pytest.raises(OutgoingError) as caught:
            public_address("robot.example.com", 443)
        assert caught.value.code == "robot.private_host"

    def test_is_not_reached_by_a_name_that_answers_differently_the_second_time(self, monkeypatch):
        asked, connected = [], []

        def resolve(host, *_args, **_told):
            asked.append(host)
            return [(2, 1, 6, "", ("8.8.8.8" if len(asked) == 1 else "127.0.0.1", 443))]

        def connect(place, *_args, **_told):
            connected.append(place)
            raise OSError

        monkeypatch.setattr("socket.getaddrinfo", resolve)
        monkeypatch.setattr("socket.create_connection", connect)
        with pytest.raises(OutgoingError):
            post_json("https://robot.example.com/x", {})
        assert connected == [("8.8.8.8", 443)]
        assert asked == ["robot.example.com"]

    def test_is_closed_to_numbers_in_any_spelling(self):
        for host in ("127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1", "127.1"):
            with pytest.raises(OutgoingError) as caught:
                post_json(f"https://{host}/x", {})
            assert caught.value.code in ("robot.private_host", "robot.unknown_host")


class TestSealed:
    def test_opens_only_with_the_apps_key(self, settings):
        sealed = seal(SECRET)
        assert SECRET not in sealed
        plain = SECRET
        assert unseal(sealed) == plain
        assert (seal(""), unseal("")) == ("", "")
        before, settings.SECRET_KEY = settings.SECRET_KEY, SECRET
        assert unseal(sealed) is None
        settings.SECRET_KEY_FALLBACKS = [before]  # changed, with the old one kept
        assert unseal(sealed) == plain


class TestPages:
    def test_add_test_switch_and_remove(self, company, as_user):
        client = as_user("admin")
        form = {**FORM, "unit": company.units["ZJ"].pk}
        wrong = client.post("/robots/", {**form, "address": f"http://robot.example.com/?key={KEY}"})
        assert wrong.status_code == 422
        assert "应以 https:// 开头" in wrong.content.decode()
        assert KEY not in wrong.content.decode()
        client.post("/robots/", {**form, "address": f"https://robot.example.com/?key={KEY}"})
        robot = Robot.objects.get()
        page = client.get("/robots/").content.decode()
        assert "robot.example.com" in page
        assert KEY not in page
        client.post(f"/robots/{robot.pk}/test/")
        assert Delivery.objects.get().code == "robot.hello"
        client.post(f"/robots/{robot.pk}/switch/")
        robot.refresh_from_db()
        assert not robot.is_active
        client.post(f"/robots/{robot.pk}/remove/")
        assert not Robot.objects.exists()

    def test_try_again_what_failed(self, company, as_user, robot):
        now = timezone.now()
        failed = Delivery.objects.create(
            robot=robot(), code="robot.hello", state="failed", attempts=7, next_at=now, created_at=now
        )
        as_user("admin").post(f"/robots/messages/{failed.pk}/again/")
        failed.refresh_from_db()
        assert (failed.state, failed.attempts) == ("waiting", 0)
