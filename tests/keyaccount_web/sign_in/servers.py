"""Sign-in services on this machine: a real OpenID provider, and DingTalk, Feishu and WeCom as their documentation has them.

The OpenID provider is one in earnest: discovery, keys, code flow with PKCE, signed id tokens, userinfo. `tamper` lets a test
make one thing false. The others answer at their documented paths with their documented shapes.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "keyaccount", "s3cret-of-the-client"
CORP_SECRET = "corp-s3cret"  # noqa: S105


class Server:
    """A service at an address of this machine; what it was asked stands in `asked`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                parts = urlsplit(self.path)
                told = {key: values[0] for key, values in parse_qs(parts.query).items()}
                if body.startswith("{"):
                    told |= json.loads(body)
                else:
                    told |= {key: values[0] for key, values in parse_qs(body).items()}
                outer.asked.append((self.command, parts.path, told))
                status, answer = outer.answer(self.command, parts.path, told, dict(self.headers))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", answer)
                    self.end_headers()
                    return
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            do_GET = do_POST = _answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]

    def answer(
        self, method: str, path: str, told: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, Any]:
        raise NotImplementedError


@cache
def _key(n: int) -> rsa.RSAPrivateKey:  # noqa: ARG001
    """The n-th key, made once for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class OpenIdProvider(Server):
    """As RFC 6749, RFC 7636 and OpenID Connect Core say."""

    def __init__(self) -> None:
        self.key, self.other_key = _key(1), _key(2)
        self.person: dict[str, Any] = {}
        self.tamper: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.sign: Callable[[dict[str, Any]], str] = self._sign
        self.userinfo: dict[str, Any] | None = None
        self._codes: dict[str, dict[str, Any]] = {}
        self._tokens: dict[str, dict[str, Any]] = {}
        super().__init__()

    def _sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.key, "RS256", headers={"kid": "one"})

    def answer(
        self, method: str, path: str, told: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, Any]:
        match path:
            case "/.well-known/openid-configuration":
                return 200, {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "userinfo_endpoint": f"{self.url}/userinfo",
                    "jwks_uri": f"{self.url}/keys",
                    "response_types_supported": ["code"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                    "code_challenge_methods_supported": ["S256"],
                }
            case "/keys":
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
                return 200, {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}
            case "/authorize":
                assert told["client_id"] == CLIENT
                assert told["response_type"] == "code"
                assert told["code_challenge_method"] == "S256"
                code = secrets.token_urlsafe(8)
                self._codes[code] = told | {"person": dict(self.person)}
                back = {"code": code, "state": told["state"], "iss": self.url}
                return 302, f"{told['redirect_uri']}?{urlencode(back)}"
            case "/token":
                return self._token(told)
            case "/userinfo":
                person = self._tokens.get(headers.get("Authorization", "").removeprefix("Bearer "))
                return (200, self.userinfo or person) if person else (401, {"error": "invalid_token"})
        return 404, {}

    def _token(self, told: dict[str, Any]) -> tuple[int, Any]:
        asked = self._codes.pop(told.get("code", ""), None)  # once
        challenge = _b64(hashlib.sha256(told.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or told.get("client_secret") != SECRET
            or told.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        token = secrets.token_urlsafe(8)
        self._tokens[token] = asked["person"]
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked.get("nonce"),
            **asked["person"],
        }
        return 200, {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.sign(self.tamper(claims)),
        }


class DingTalk(Server):
    """login.dingtalk.com, api.dingtalk.com and oapi.dingtalk.com in one."""

    def __init__(self) -> None:
        self.me = {
            "nick": "丁",
            "unionId": "union-1",
            "openId": "open-1",
            "mobile": "13900000000",
            "stateCode": "86",
        }
        self.employees: dict[str, dict[str, Any]] = {}
        self.contact_type = 0
        self.corp_id = "ding-qiming"
        super().__init__()

    @property
    def addresses(self) -> dict[str, str]:
        return {
            "authorize": f"{self.url}/oauth2/auth",
            "token": f"{self.url}/v1.0/oauth2/userAccessToken",
            "me": f"{self.url}/v1.0/contact/users/me",
            "app_token": f"{self.url}/v1.0/oauth2/accessToken",
            "by_union_id": f"{self.url}/topapi/user/getbyunionid",
            "user": f"{self.url}/topapi/v2/user/get",
        }

    def answer(
        self, method: str, path: str, told: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, Any]:
        match method, path:
            case "POST", "/v1.0/oauth2/userAccessToken":
                if (told["clientId"], told["clientSecret"], told["code"]) != (CLIENT, SECRET, "good"):
                    return 400, {"code": "invalidParameter.authCode.notFound", "message": "不存在的authCode"}
                return 200, {
                    "accessToken": "user-token",
                    "refreshToken": "refresh",
                    "expireIn": 7200,
                    "corpId": self.corp_id,
                }
            case "GET", "/v1.0/contact/users/me":
                asked = {key.lower(): value for key, value in headers.items()}
                ok = asked.get("x-acs-dingtalk-access-token") == "user-token"
                return (200, self.me) if ok else (401, {"code": "InvalidAuthentication"})
            case "POST", "/v1.0/oauth2/accessToken":
                assert (told["appKey"], told["appSecret"]) == (CLIENT, SECRET)
                return 200, {"accessToken": "app-token", "expireIn": 7200}
            case "POST", "/topapi/user/getbyunionid":
                assert told["access_token"] == "app-token"  # noqa: S105
                for userid, one in self.employees.items():
                    if one["unionid"] == told["unionid"]:
                        found = {"contact_type": self.contact_type, "userid": userid}
                        return 200, {"errcode": 0, "errmsg": "ok", "result": found, "request_id": "r"}
                return 200, {"errcode": 60121, "errmsg": "找不到该用户", "request_id": "r"}
            case "POST", "/topapi/v2/user/get":
                assert told["access_token"] == "app-token"  # noqa: S105
                user = {"userid": told["userid"], "name": "丁一", **self.employees[told["userid"]]}
                return 200, {"errcode": 0, "errmsg": "ok", "result": user, "request_id": "r"}
        return 404, {}


class Feishu(Server):
    """accounts.feishu.cn and open.feishu.cn."""

    def __init__(self) -> None:
        self.user: dict[str, Any] = {}
        self.challenge: str | None = None
        super().__init__()

    @property
    def addresses(self) -> dict[str, str]:
        return {
            "authorize": f"{self.url}/open-apis/authen/v1/authorize",
            "token": f"{self.url}/open-apis/authen/v2/oauth/token",
            "user": f"{self.url}/open-apis/authen/v1/user_info",
        }

    def answer(
        self, method: str, path: str, told: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, Any]:
        match method, path:
            case "POST", "/open-apis/authen/v2/oauth/token":
                verifier = _b64(hashlib.sha256(told.get("code_verifier", "").encode()).digest())
                if (told["client_id"], told["client_secret"]) != (CLIENT, SECRET):
                    return 400, {"code": 20002, "error": "invalid_client"}
                if (
                    told["code"] != "good"
                    or verifier != self.challenge
                    or "callback" not in told["redirect_uri"]
                ):
                    return 400, {"code": 20003, "error": "invalid_grant"}
                return 200, {"code": 0, "access_token": "u-token", "expires_in": 7200, "token_type": "Bearer"}
            case "GET", "/open-apis/authen/v1/user_info":
                if headers.get("Authorization") != "Bearer u-token":
                    return 400, {"code": 99991668, "msg": "Invalid access token"}
                return 200, {"code": 0, "msg": "success", "data": self.user}
        return 404, {}


class WeCom(Server):
    """qyapi.weixin.qq.com."""

    def __init__(self) -> None:
        self.who: dict[str, Any] = {"userid": "DingYi"}
        self.user: dict[str, Any] | None = {"userid": "DingYi", "name": "丁一", "status": 1}
        self.detail: dict[str, Any] = {}
        self.tokens = 0
        super().__init__()

    @property
    def addresses(self) -> dict[str, str]:
        return {
            "token": f"{self.url}/cgi-bin/gettoken",
            "user_info": f"{self.url}/cgi-bin/auth/getuserinfo",
            "user_detail": f"{self.url}/cgi-bin/auth/getuserdetail",
            "user": f"{self.url}/cgi-bin/user/get",
        }

    def answer(
        self, method: str, path: str, told: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, Any]:
        if path == "/cgi-bin/gettoken":
            if (told["corpid"], told["corpsecret"]) != ("ww-qiming", CORP_SECRET):
                return 200, {"errcode": 40013, "errmsg": "invalid corpid"}
            self.tokens += 1
            token = {"access_token": f"token-{self.tokens}", "expires_in": 7200}
            return 200, {"errcode": 0, "errmsg": "ok", **token}
        if told.get("access_token") != f"token-{self.tokens}":
            return 200, {"errcode": 40014, "errmsg": "invalid access_token"}
        match method, path:
            case "GET", "/cgi-bin/auth/getuserinfo":
                if told["code"] != "good":
                    return 200, {"errcode": 40029, "errmsg": "invalid code"}
                return 200, {"errcode": 0, "errmsg": "ok", **self.who}
            case "GET", "/cgi-bin/user/get":
                if self.user is None:
                    return 200, {
                        "errcode": 60011,
                        "errmsg": "no privilege to access/modify contact/party/agent",
                    }
                return 200, {"errcode": 0, "errmsg": "ok", **self.user}
            case "POST", "/cgi-bin/auth/getuserdetail":
                assert told["user_ticket"] == "ticket"
                return 200, {"errcode": 0, "errmsg": "ok", **self.detail}
        return 404, {}
