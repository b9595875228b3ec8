"""How does a program talk to a keyaccount server? In three lines, with what Python brings.

from keyaccount.client import Client
client = Client("https://keyaccount.example.com", token)
names = [account["name"] for account in client.accounts(verdict="key")]

Amounts are decimal text, as the API gives them: `Decimal(account["sales"])`. What goes wrong is a ServerError.
"""

import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from keyaccount.errors import KeyAccountError
from keyaccount.language import reader_language

TIMEOUT = 60.0
ATTEMPTS = 4
"""How often a request is sent whose answer does not come, or that comes too often for the server."""
LOOK_AGAIN = 1.0
"""Seconds between two questions whether work in the background is done."""
GIVEN_UP = 3600.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By names in small letters."""
    body: bytes


Send = Callable[[str, str, Mapping[str, str], bytes | None], Answer]
"""Method, address, headers, body → answer; raises OSError where none comes."""


class ServerError(KeyAccountError):
    """The server refused something, or was not there. `status` 0: not there; `problem`: all that it said (RFC 9457)."""

    def __init__(
        self, code: str, /, *, status: int = 0, problem: Mapping[str, Any] | None = None, **values: Any
    ) -> None:
        super().__init__(code, **values)
        self.status = status
        self.problem = dict(problem or {})

    def expected(self, lang: str) -> str:
        return str(self.problem["expected"]) if "expected" in self.problem else super().expected(lang)

    def found(self, lang: str) -> str:
        if "found" not in self.problem:
            return super().found(lang)
        wrong = [f"{one['field']}: {one['message']}" for one in self.problem.get("errors", ())]
        return " ".join([str(self.problem["found"]), *wrong])

    def to_do(self, lang: str) -> str:
        return str(self.problem["to_do"]) if "to_do" in self.problem else super().to_do(lang)


class Client:
    """A server, by one token. `lang`: of texts that it gives, zh or en."""

    def __init__(
        self,
        server: str,
        token: str,
        *,
        lang: str | None = None,
        send: Send | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServerError("server.address", address=server)
        self._base = f"{server.rstrip('/')}/api/v1"
        self._token = token
        self._lang = lang or reader_language()
        self._send = send or send_over_http
        self._sleep = sleep

    # --- what there is

    def me(self) -> dict[str, Any]:
        """In whose name one is here."""
        return self.get("/me")

    def accounts(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """The list of accounts, all pages of it: q, verdict, region, industry, least, whose, sort, columns."""
        return self.pages("/accounts", **asked)

    def account(self, account: int | str) -> dict[str, Any]:
        """One account by its id, or (text) by its code."""
        return self.get(f"/accounts/{self._id_of(account)}")

    def make_account(self, **told: Any) -> dict[str, Any]:
        """Where others are alike: ServerError `account.similar`, with them in `problem["similar"]`."""
        return self.post("/accounts", told)

    def change_account(self, account: int | str, *, version: int, **changes: Any) -> dict[str, Any]:
        """`version`: as it was read; somebody was faster: ServerError 409, with both values in `problem["conflicts"]`."""
        return self.request(
            "PATCH", f"/accounts/{self._id_of(account)}", body={**changes, "version": version}
        )

    def lines(self, account: int | str, **asked: Any) -> Iterator[dict[str, Any]]:
        """Its invoice lines, newest first: first, last, product, order."""
        return self.pages(f"/accounts/{self._id_of(account)}/lines", **asked)

    def contacts(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """The list of contacts."""
        return self.pages("/contacts", **asked)

    def duplicates(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """Pairs of accounts that may be one customer, likeliest first."""
        return self.pages("/duplicates", **asked)

    def to_dos(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """To-dos by day: whose, state, about."""
        return self.pages("/to-dos", **asked)

    def search(self, text: str, **asked: Any) -> list[dict[str, Any]]:
        """What the search finds, the best first."""
        found: list[dict[str, Any]] = self.get("/search", q=text, **asked)["items"]
        return found

    # --- what takes a while

    def find(self, *, wait: bool = True, **settings: Any) -> dict[str, Any]:
        """Find the key accounts on the server: until, share, basis. Gives the run, done unless `wait` is False."""
        run = self.post("/runs", settings)
        return self._until(f"/runs/{run['id']}", ("waiting", "running")) if wait else run

    def result(self, run_id: int, **asked: Any) -> Iterator[dict[str, Any]]:
        """The rows of a run, largest first: verdict, within."""
        return self.pages(f"/runs/{run_id}/accounts", **asked)

    def import_file(
        self,
        path: str | Path,
        *,
        kind: str = "ledger",
        on_overlap: str | None = None,
        only_check: bool = False,
        name: str | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Bring a file, have it checked and taken in, and give the import with its report.

        `on_overlap`: replace or add lines that come again; without it such a file stays checked, and ServerError `api.invalid`
        says so. `options`: source, sheets, date_order, decimal_mark, keep_unassigned, erase.
        """
        file = Path(path)
        brought = self.upload("/imports", {"kind": kind}, name or file.name, file.read_bytes())
        address = f"/imports/{brought['id']}"
        self.post(f"{address}/check", options)
        checked = self._until(address, ("checking",))
        if only_check or checked["state"] != "checked" or (checked["report"] or {}).get("nothing_new"):
            return checked
        self.post(f"{address}/start", {"on_overlap": on_overlap} if kind == "ledger" else {})
        return self._until(address, ("importing",))

    def refused_rows(self, import_id: int) -> Iterator[dict[str, Any]]:
        """The rows of an import that were refused, and why."""
        return self.pages(f"/imports/{import_id}/rows", state="refused")

    def undo_import(self, import_id: int) -> dict[str, Any]:
        """Back to what was before."""
        return self.post(f"/imports/{import_id}/undo", {})

    # --- how it is said

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self.request("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Sent again where no answer comes, and done once all the same: by an Idempotency-Key."""
        return self.request("POST", path, body=body)

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """The items of all pages, each fetched when it is needed."""
        after = None
        while True:
            page = self.get(path, **query, after=after)
            yield from page["items"]
            after = page.get("after")
            if after is None:
                return

    def upload(self, path: str, fields: Mapping[str, str], name: str, content: bytes) -> dict[str, Any]:
        """Post a file with some fields."""
        mark = secrets.token_hex(16)
        pieces = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
            for field, value in fields.items()
        ]
        safe = name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        body = b"".join([*pieces, head.encode(), content, f"\r\n--{mark}--\r\n".encode()])
        return self.request("POST", path, content=body, content_type=f"multipart/form-data; boundary={mark}")

    def download(self, path: str) -> bytes:
        """The content of a file: `/files/17/content`."""
        return self._ask("GET", path, {}, None).body

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """Any endpoint of the reference. Raises ServerError."""
        told = {name: _as_text(value) for name, value in (query or {}).items() if value is not None}
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, default=str).encode()
        headers = {"Content-Type": content_type} if content is not None else {}
        answer = self._ask(method, path + (f"?{urlencode(told)}" if told else ""), headers, content)
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        told = {
            "Authorization": f"Bearer {self._token}",
            "Accept-Language": self._lang,
            "Accept": "application/json",
            **headers,
        }
        if method == "POST":
            told["Idempotency-Key"] = secrets.token_hex(16)
        may_repeat = method != "PATCH"
        for attempt in range(1, ATTEMPTS + 1):
            is_last = attempt == ATTEMPTS
            try:
                answer = self._send(method, self._base + path, told, body)
            except (OSError, HTTPException) as error:
                if is_last or not may_repeat:
                    reason = type(getattr(error, "reason", error)).__name__
                    raise ServerError("server.not_there", address=self._base, reason=reason) from error
                self._sleep(attempt)
                continue
            if answer.status < 300:
                return answer
            waits = answer.headers.get("retry-after", "")
            if is_last or not (waits.isdecimal() or (answer.status in (502, 503, 504) and may_repeat)):
                raise _refusal(answer, self._base)
            self._sleep(float(waits) if waits.isdecimal() else attempt)
        raise AssertionError("the last attempt answers or raises")

    def _until(self, path: str, working: tuple[str, ...]) -> dict[str, Any]:
        """The record once it is in another state; where it failed: ServerError `server.failed`."""
        waited = 0.0
        while True:
            told = self.get(path)
            if told["state"] not in working:
                if told.get("error"):
                    raise ServerError("server.failed", said=told["error"])
                return told
            if waited >= GIVEN_UP:
                raise ServerError("server.slow", address=path)
            self._sleep(LOOK_AGAIN)
            waited += LOOK_AGAIN

    def _id_of(self, account: int | str) -> int:
        if isinstance(account, int):
            return account
        for one in self.accounts(q=account, columns="name,code", limit=50):
            if one["code"] == account:
                return int(one["id"])
        raise ServerError("server.no_account", code=account)


def send_over_http(method: str, address: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
    """By urllib. Redirects are not followed: they would take the token elsewhere."""
    request = Request(address, data=body, headers=dict(headers), method=method)  # noqa: S310 - http or https, looked at before
    try:
        with build_opener(_NoRedirect).open(request, timeout=TIMEOUT) as response:
            return Answer(
                response.status, {k.lower(): v for k, v in response.headers.items()}, response.read()
            )
    except HTTPError as error:
        with error:
            return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())
    except URLError as error:
        raise error.reason if isinstance(error.reason, OSError) else OSError(str(error.reason)) from error


def is_from_us(body: bytes, header: str, secret: str, *, now: float, tolerance: int = 300) -> bool:
    """Whether a webhook's message was signed with `secret`, within `tolerance` seconds of `now`.

    body : as it came, not parsed and written again; header : of Keyaccount-Signature; now : seconds since 1970.
    """
    parts = dict(one.partition("=")[::2] for one in header.split(","))
    second, sign = parts.get("t", ""), parts.get("v1", "")
    if (
        not (second.isascii() and second.isdecimal() and len(second) < 15)
        or abs(now - int(second)) > tolerance
    ):
        return False
    right = hmac.new(secret.encode(), f"{second}.".encode() + body, "sha256").hexdigest()
    return hmac.compare_digest(right.encode(), sign.encode())


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _refusal(answer: Answer, address: str) -> ServerError:
    try:
        problem = json.loads(answer.body)
    except ValueError:
        problem = None
    if not isinstance(problem, dict) or not {"code", "expected", "found", "to_do"} <= problem.keys():
        return ServerError("server.strange", status=answer.status, address=address, answered=answer.status)
    return ServerError(str(problem["code"]), status=answer.status, problem=problem)


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


__all__ = ["Answer", "Client", "ServerError", "is_from_us", "send_over_http"]
