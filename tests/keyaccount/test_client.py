"""Does the client say what it should over the wire, wait, try again, and keep its token to itself?"""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from keyaccount.cli import main
from keyaccount.client import Answer, Client, ServerError, is_from_us, send_over_http

TOKEN = "ka_geheim"  # noqa: S105 - invented


class Server:
    """Gives the answers in turn, and keeps what was asked."""

    def __init__(self, *answers):
        self.answers, self.asked, self.slept = list(answers), [], []

    def send(self, method, address, headers, body):
        self.asked.append((method, address, dict(headers), body))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, told, more = (*answer, {})[:3]
        return Answer(status, more, json.dumps(told).encode())

    @property
    def client(self):
        return Client("https://example.com/", TOKEN, lang="en", send=self.send, sleep=self.slept.append)


def problem(code, **more):
    return {"code": code, "expected": "E.", "found": "F.", "to_do": "T.", **more}


class TestClient:
    def test_follows_the_pages_as_far_as_somebody_reads(self):
        server = Server(
            (200, {"items": [{"id": 1}, {"id": 2}], "after": "x y"}),
            (200, {"items": [{"id": 3}], "after": None}),
        )
        rows = server.client.accounts(verdict="key", count=True, region=None)
        assert next(rows)["id"] == 1
        assert len(server.asked) == 1
        assert [row["id"] for row in rows] == [2, 3]
        assert [one[1] for one in server.asked] == [
            "https://example.com/api/v1/accounts?verdict=key&count=true",
            "https://example.com/api/v1/accounts?verdict=key&count=true&after=x+y",
        ]
        assert server.asked[0][2]["Authorization"] == f"Bearer {TOKEN}"
        assert server.asked[0][2]["Accept-Language"] == "en"

    def test_sends_a_post_again_with_the_same_key_where_no_answer_came(self):
        server = Server(ConnectionResetError(), (502, {}), (201, {"id": 7}))
        assert server.client.make_account(name="云帆") == {"id": 7}
        keys = {headers["Idempotency-Key"] for _, _, headers, _ in server.asked}
        assert len(server.asked) == 3
        assert len(keys) == 1
        assert json.loads(server.asked[0][3]) == {"name": "云帆"}

    def test_never_sends_a_change_twice(self):
        server = Server(ConnectionResetError())
        with pytest.raises(ServerError) as error:
            server.client.change_account(17, version=3, remark="x")
        assert error.value.code == "server.not_there"
        assert "ConnectionResetError" in str(error.value)

    def test_waits_as_long_as_the_server_says(self):
        server = Server((429, problem("token.too_often"), {"retry-after": "17"}), (200, {"username": "a"}))
        assert server.client.me() == {"username": "a"}
        assert server.slept == [17.0]

    def test_tells_a_refusal_as_the_server_said_it(self):
        wrong = problem(
            "api.invalid", errors=[{"field": "name", "code": "missing", "message": "it is missing"}]
        )
        with pytest.raises(ServerError) as error:
            Server((422, wrong)).client.make_account()
        assert (error.value.code, error.value.status) == ("api.invalid", 422)
        assert error.value.text("en") == "E. F. name: it is missing T."

    def test_knows_what_is_no_server_of_ours(self):
        with pytest.raises(ServerError) as error:
            Server((404, ["nothing"])).client.me()
        assert error.value.code == "server.strange"
        for address in ("example.com", "ftp://example.com", "https://"):
            with pytest.raises(ServerError) as error:
                Client(address, TOKEN)
            assert error.value.code == "server.address"

    def test_brings_a_file_and_waits_for_each_step(self, tmp_path):
        file = tmp_path / 'a"b.csv'
        file.write_bytes(b"x,y\r\n1,2\r\n")
        done = {"id": 5, "state": "done", "error": None, "report": {"accepted": 1}}
        server = Server(
            (201, {"id": 5}),
            (202, {}),
            (200, {"state": "checking"}),
            (200, {"state": "checked", "error": None, "report": {"nothing_new": False}}),
            (202, {}),
            (200, {"state": "importing"}),
            (200, done),
        )
        assert server.client.import_file(file, source="月报", on_overlap="add") == done
        assert [f"{one[0]} {one[1].removeprefix('https://example.com/api/v1')}" for one in server.asked] == [
            *("POST /imports", "POST /imports/5/check", "GET /imports/5", "GET /imports/5"),
            *("POST /imports/5/start", "GET /imports/5", "GET /imports/5"),
        ]
        assert b'filename="a_b.csv"' in server.asked[0][3]
        assert b"\r\n\r\nx,y\r\n1,2\r\n\r\n--" in server.asked[0][3]
        assert json.loads(server.asked[1][3]) == {"source": "月报"}
        assert server.slept == [1.0, 1.0]

    def test_says_why_work_on_the_server_failed(self):
        server = Server((202, {"id": 3}), (200, {"state": "failed", "error": "no ledger"}))
        with pytest.raises(ServerError) as error:
            server.client.find()
        assert (error.value.code, error.value.found("en")) == ("server.failed", "no ledger")

    def test_finds_an_account_by_its_code_and_not_by_what_is_like_it(self):
        rows = [{"id": 1, "code": "K71010"}, {"id": 2, "code": "K7101"}]
        server = Server((200, {"items": rows, "after": None}), (200, {"id": 2}))
        server.client.account("K7101")
        assert server.asked[1][1].endswith("/accounts/2")
        with pytest.raises(ServerError) as error:
            Server((200, {"items": rows, "after": None})).client.account("K7")
        assert error.value.code == "server.no_account"


class TestSendOverHttp:
    def test_follows_no_redirect_that_would_take_the_token_elsewhere(self):
        asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.path, self.headers["Authorization"]))
                self.send_response(302 if self.path == "/a" else 200)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            base = f"http://127.0.0.1:{server.server_port}"
            assert send_over_http("GET", f"{base}/a", {"Authorization": "x"}, None).status == 302
            assert send_over_http("GET", f"{base}/b", {}, None).status == 200
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
        assert asked == [("/a", "x"), ("/b", None)]
        with pytest.raises(OSError, match="refused"):
            send_over_http("GET", f"{base}/a", {}, None)


class TestIsFromUs:
    def test_believes_only_what_was_signed_just_now_with_the_secret(self):
        body, secret = b'{"event":"ping"}', "whsec_x"
        sign = hmac.new(b"whsec_x", b"1767139200." + body, hashlib.sha256).hexdigest()
        header = f"t=1767139200,v1={sign}"
        assert is_from_us(body, header, secret, now=1767139200 + 300)
        assert not is_from_us(body, header, secret, now=1767139200 + 301)
        assert not is_from_us(body, header, secret, now=1767139200 - 301)
        assert not is_from_us(body + b" ", header, secret, now=1767139200)
        assert not is_from_us(body, header, "whsec_y", now=1767139200)
        for broken in ("", "t=,v1=", f"v1={sign}", "t=1767139200", "t=1767139200,v1=ä", f"t=x,v1={sign}"):
            assert not is_from_us(body, broken, secret, now=1767139200)


class TestTheCommandLine:
    @pytest.fixture
    def server(self, monkeypatch):
        def answering(*answers):
            server = Server(*answers)
            monkeypatch.setattr("keyaccount.client.send_over_http", server.send)
            return server

        monkeypatch.delenv("KEYACCOUNT_SERVER", raising=False)
        monkeypatch.delenv("KEYACCOUNT_TOKEN", raising=False)
        return answering

    def test_lists_accounts_of_a_server(self, server, capsys):
        rows = [{"id": 1, "code": "K1", "name": "云帆", "verdict": "key", "sales": "523456.0000"}]
        told = server((200, {"items": rows, "after": None}))
        assert (
            main(["--server", "https://example.com", "--token", TOKEN, "accounts", "--verdict", "key"]) == 0
        )
        assert capsys.readouterr().out == "K1  云帆  key  52.3 万元\n"
        assert "verdict=key" in told.asked[0][1]

    def test_takes_server_and_token_from_the_environment(self, server, capsys, monkeypatch):
        monkeypatch.setenv("KEYACCOUNT_SERVER", "https://example.com")
        told = server((200, {"items": [], "after": None}))
        assert main(["duplicates"]) == 2
        assert "KEYACCOUNT_TOKEN" in capsys.readouterr().err
        monkeypatch.setenv("KEYACCOUNT_TOKEN", TOKEN)
        assert main(["--lang", "en", "duplicates", "--json"]) == 0
        assert capsys.readouterr().out == "[]\n"
        assert told.asked[0][2]["Authorization"] == f"Bearer {TOKEN}"

    def test_finds_there_with_the_settings_given(self, server, capsys):
        run = {"id": 9, "state": "done", "error": None, "summary": {"accounts": 3, "verdicts": {"key": 1}}}
        row = {"sales_rank": 1, "account_id": "K1", "account_name": "云帆", "verdict": "key", "sales": "5"}
        told = server((202, run), (200, run), (200, {"items": [row], "after": None}))
        assert (
            main(
                [
                    "--server=https://example.com",
                    f"--token={TOKEN}",
                    "find",
                    "--until",
                    "2025-12-31",
                    "--share",
                    "0.7",
                ]
            )
            == 0
        )
        assert capsys.readouterr().out.startswith("第 9 次计算：3 家客户，其中大客户 1 家。")
        assert json.loads(told.asked[0][3]) == {"until": "2025-12-31", "share": "0.7"}

    def test_imports_there_and_says_what_was_refused(self, server, capsys, tmp_path):
        file = tmp_path / "一月.csv"
        file.write_text("x")
        done = {
            "id": 5,
            "state": "done",
            "error": None,
            "file_name": "一月.csv",
            "report": {"accepted": 2, "refused": 1},
        }
        refused = {"sheet": "一月.csv", "row": 4, "reason": "应是日期"}
        server(
            (201, {"id": 5}),
            (202, {}),
            (200, {"state": "checked", "error": None, "report": {}}),
            (202, {}),
            (200, done),
            (200, {"items": [refused], "after": None}),
        )
        assert main(["--server", "https://example.com", "--token", TOKEN, "ledger", "import", str(file)]) == 1
        assert capsys.readouterr().out == "一月.csv：导入 2 行，拒绝 1 行。\n  一月.csv 4: 应是日期\n"

    def test_without_a_server_is_as_ever(self, server, capsys):
        assert main(["accounts"]) == 2
        assert main(["--server"]) == 2
        assert "--server" in capsys.readouterr().err
