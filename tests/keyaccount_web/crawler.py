"""A crawler that finds every address by itself, asks for each as one user, and tells what it should not have been told.

Addresses come from the URL resolver (ids filled with every object there is, and one that is not), and from every link, form
and script of every page answered.
"""

import html
import json
import re
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from itertools import product
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit

import pyarrow.compute as pc
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RoutePattern

from keyaccount.money import show_money
from keyaccount_web.access.models import Post, User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.approvals.models import Approval
from keyaccount_web.cover.models import Sign, SkillNeed, Touch
from keyaccount_web.duplicates.models import Merge
from keyaccount_web.find.models import KeyAccountList, ListEntry
from keyaccount_web.imports.models import FileImport
from keyaccount_web.know.models import Account, AccountFigures, Contact, TeamMember
from keyaccount_web.runs.models import Run
from keyaccount_web.tables.ledger import imports_of_all
from keyaccount_web.work.models import AccountTag, Attachment, Comment, Notification, Tag, ToDo

MISSING = 987_654_321
MASKED = ("/duplicates/", "/accounts/similar/", "/accounts/new/")
"""Of an account that may not be seen these tell the name, and whose it is, so that it is not entered twice; nothing else."""
SAME_FORM = 2
"""Forms to one kind of address with the same fields are posted so often; each address is posted to without fields besides."""
SAME_SHAPE = 1
SAME_KIND = 8
"""Links to one kind of page with the same names in the query are followed so often, and to one kind of page with any query at most `SAME_KIND`."""


@dataclass(frozen=True)
class Secrets:
    """What one user must never be shown."""

    texts: dict[str, str] = field(default_factory=dict)
    amounts: dict[Decimal, str] = field(default_factory=dict)
    shown_money: dict[str, str] = field(default_factory=dict)
    shares: dict[float, str] = field(default_factory=dict)
    percents: dict[str, str] = field(default_factory=dict)


def secrets_of(user: User | None, company: Any, lines: Any) -> Secrets:
    """From the records and the library's own result: names, codes, phones, order ids, amounts of accounts that `user` may not
    see; totals, shares and the line where figures of the whole are not theirs."""
    visible = Account.objects.none() if user is None else visible_accounts(user)
    seen = set(visible.values_list("code", flat=True))
    seen |= set(Account.with_merged.filter(merged_into__in=visible).values_list("code", flat=True))
    knows_company = user is not None and may(user, Right.COMPANY_FIGURES)
    rows = {row["account_id"]: row for row in company.found.accounts.to_pylist()}
    summary = company.found.summary
    texts: dict[str, str] = {}
    amounts: dict[Decimal, str] = {}
    allowed: set[Decimal] = set()
    money: dict[str, str] = {}
    allowed_money: set[str] = set()
    for account in Account.with_merged.prefetch_related("contacts"):
        row = rows.get(account.code, {})
        own = lines.filter(pc.equal(lines["account_id"], account.code))
        figures = [
            row.get(name)
            for name in (
                "sales",
                "profit",
                "sales_year_before",
                "profit_year_before",
                "sales_six_months",
                "largest_order",
            )
        ]
        figures += [2 * row["sales_six_months"]] if row.get("sales_six_months") else []
        figures = [one for one in figures if one is not None]
        of_lines = [*own["net_amount"].to_pylist(), *own["cost"].to_pylist()]
        shown = {show_money(one, lang) for one in figures for lang in ("zh", "en")}
        if account.code in seen:
            allowed |= {abs(one) for one in (*figures, *of_lines)}
            allowed |= {abs(one).quantize(Decimal("0.01")) for one in (*figures, *of_lines)}
            allowed_money |= shown
            continue
        whose = f"of {account.code}"
        texts |= dict.fromkeys(
            [account.code, account.name, account.industry, account.address, account.remark], whose
        )
        for contact in account.contacts.all():
            texts |= dict.fromkeys([contact.name, contact.phone, contact.email], f"contact {whose}")
        for name, hung in (
            ("what", account.todos),
            ("text", account.comments),
            ("name", account.attachments),
            ("summary", account.touches),
            ("what", account.signs),
        ):
            texts |= dict.fromkeys(hung.values_list(name, flat=True), f"{name} {whose}")
        texts |= dict.fromkeys([one for one in own["order_id"].unique().to_pylist() if one], f"order {whose}")
        amounts |= {abs(one): f"amount {whose}" for one in (*figures, *of_lines)}
        money |= dict.fromkeys(shown, f"amount {whose}")
    shares: dict[float, str] = {}
    percents: dict[str, str] = {}
    if not knows_company:
        if len(seen) < Account.with_merged.count():
            for what in ("sales", "profit", "set_amount"):
                amounts[getattr(summary, what)] = f"company's {what}"
                money |= dict.fromkeys(
                    [show_money(getattr(summary, what), lang) for lang in ("zh", "en")], f"company's {what}"
                )
        line = summary.smallest_in_set
        amounts[line] = "the line"
        money |= dict.fromkeys([show_money(line, lang) for lang in ("zh", "en")], "the line")
        for code, row in rows.items():
            for name in ("sales_share", "sales_running_share", "profit_share", "profit_running_share"):
                if row[name] is not None and 0 < row[name] < 1:
                    shares[round(row[name], 6)] = f"{name} of {code}"
                    percents[f"{row[name]:.1%}"] = f"{name} of {code}"
        orders = [row["largest_order_share"] for code, row in rows.items() if code in seen]
        for share in orders:
            percents.pop(f"{share or 0:.1%}", None)
    return Secrets(
        {text: why for text, why in texts.items() if text},
        {amount: why for amount, why in amounts.items() if amount and amount not in allowed},
        {text: why for text, why in money.items() if text not in allowed_money},
        shares,
        percents,
    )


class _Page(HTMLParser):
    """Links and forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.partials: list[str] = []
        self.forms: list[dict[str, Any]] = []
        self._form: dict[str, Any] | None = None
        self._select: str | None = None
        self.scripts: list[dict[str, str | None]] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag == "script":
            self.scripts.append(told)
        for name in ("href", "src"):
            if told.get(name):
                self.links.append(str(told[name]))
        for name in ("hx-get", "hx-post"):
            if told.get(name):
                self.partials.append(str(told[name]))
        if tag == "form":
            self._form = {
                "action": told.get("action") or "",
                "method": (told.get("method") or "get").lower(),
                "fields": {},
                "options": {},
            }
            self.forms.append(self._form)
        elif self._form is not None and told.get("name"):
            name = str(told["name"])
            if tag == "select":
                self._select = name
                self._form["options"][name] = []
            else:
                self._form["fields"].setdefault(name, told.get("value") or "")
        elif tag == "option" and self._form is not None and self._select:
            self._form["options"][self._select].append(told.get("value"))

    def handle_data(self, text: str) -> None:
        if self._form is not None and self._select and self._form["options"][self._select][-1:] == [None]:
            self._form["options"][self._select][-1] = text.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None


LEDGER_IMPORTS = ("imports/ledger/", "ledger/<")
OBJECTS_AT = {
    "approvals/": Approval.objects,
    "comments/": Comment.objects,
    "cover/signs/": Sign.objects,
    "cover/skills/needs/<": SkillNeed.objects,
    "cover/touches/<": Touch.objects,
    "files/": Attachment.objects,
    "find/lists/<": KeyAccountList.objects,
    "find/lists/entries/": ListEntry.objects,
    "find/runs/": Run.objects,
    "imports/<": FileImport.objects,
    "notifications/": Notification.objects,
    "people/<": User.objects,
    "people/act/": User.objects,
    "runs/": Run.objects,
    "tags/": Tag.objects,
    "to-do/": ToDo.objects,
}
"""Whose ids an address takes, by how it begins; any other address is asked for with the first ids that there are."""
OF_ACCOUNTS = ("accounts/<", "cover/accounts/<", "duplicates/compare/", "duplicates/with/")
FIRST_IDS, MOST_IDS, ACCOUNTS_OF_A_SIDE = 2, 3, 2


def objects_at(route: str, accounts: list[int]) -> list[int] | None:
    """The ids that a route is for; None: no table says."""
    if route.startswith(OF_ACCOUNTS):
        return accounts
    if route.startswith(LEDGER_IMPORTS):
        return [one.import_id for one in imports_of_all()]
    for begin, manager in OBJECTS_AT.items():
        if route.startswith(begin):
            return list(manager.order_by("pk").values_list("pk", flat=True)[:MOST_IDS])
    return None


def addresses(ids: list[int], *, of_route: Callable[[str], list[int] | None] = lambda _: None) -> list[str]:
    """Every address that the resolver knows, ids filled in: those `of_route`, else `ids`."""
    found = []
    for route in _routes(get_resolver().url_patterns, ""):
        parts = re.split(r"(<(?:\w+:)?\w+>)", route)
        holes = [part for part in parts if part.startswith("<")]
        fillings: list[list[Any]] = []
        for at, hole in enumerate(holes):
            if hole.startswith("<int:"):
                # Of pairs the second is as the first, or the first id, or none at all.
                own = of_route(route)
                fillings.append(
                    [*(ids[:FIRST_IDS] if own is None else own), MISSING]
                    if at == 0
                    else ["same", *ids[:1], MISSING]
                )
            else:
                fillings.append(["1"])
        for values in product(*fillings):
            filled = [values[0] if value == "same" else value for value in values]
            left = iter(filled)
            found.append("/" + "".join(str(next(left)) if part.startswith("<") else part for part in parts))
    return list(dict.fromkeys(found))


def _routes(patterns: Any, before: str) -> Any:
    for one in patterns:
        if isinstance(one.pattern, RoutePattern):
            route = str(one.pattern)
        else:
            route = (
                re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", str(one.pattern))
                .strip("^$")
                .replace("\\Z", "")
                .replace("\\", "")
            )
        if isinstance(one, URLPattern):
            yield before + route
        else:
            yield from _routes(one.url_patterns, before + route)


_AMOUNT = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d{5,})(?![\d%])")
_MONEY = re.compile(r"(?:¥[\d,.]+(?:k|m|bn)?|[\d,.]+ (?:万|亿)?元)")
_PERCENT = re.compile(r"[\d.]+%")
_EXACT = re.compile(r'<span class="num" title="[^"]*">[^<]*</span>')
_CHANGE = re.compile(r"[↑↓] [\d.]+%")


class Crawler:
    """One user's walk through everything."""

    def __init__(self, user: User | None, company: Any, lines: Any) -> None:
        self.user = user
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        if user is not None:
            self.client.force_login(user)
        self.secrets = secrets_of(user, company, lines)
        self.findings: list[str] = []
        self.asked: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.changed = 0
        """Posts that wrote something."""
        self.pages: dict[str, str] = {}
        self._refused: set[tuple[str, str]] = set()
        """Methods that a kind of address does not know, whatever the id."""
        self._shapes: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._ids = sorted(
            {
                *Account.objects.values_list("pk", flat=True),
                *User.objects.values_list("pk", flat=True),
                *Run.objects.values_list("pk", flat=True),
                *(
                    pk
                    for model in (ToDo, Comment, Attachment, Notification, Tag)
                    for pk in model.objects.values_list("pk", flat=True)
                ),
            }
        )
        self._seen = set() if user is None else set(visible_accounts(user).values_list("pk", flat=True))
        self._foreign = [pk for pk in Account.objects.values_list("pk", flat=True) if pk not in self._seen]
        merged = Account.with_merged.filter(merged_into__isnull=False).values_list("pk", flat=True)
        # One account is asked for like another: some of one's own, some that are not, and what was merged.
        self._accounts = [
            *sorted(self._seen)[:ACCOUNTS_OF_A_SIDE],
            *self._foreign[:ACCOUNTS_OF_A_SIDE],
            *merged,
        ]
        self._names = set(Account.with_merged.values_list("name", flat=True))
        self._is_out = user is None or not user.is_active

    def crawl(self) -> "Crawler":
        """Ask for everything, then post to everything."""
        self._token = self._csrf()
        waiting = deque(addresses(self._ids, of_route=lambda route: objects_at(route, self._accounts)))
        known = set(waiting)
        posts: dict[tuple[Any, ...], dict[str, str]] = {(address,): {} for address in waiting}
        while waiting:
            address = waiting.popleft()
            if ("GET", _kind(address)) in self._refused:
                continue
            self._shapes["as a part", (_kind(address),)] += 1
            as_part = "?" in address and self._shapes["as a part", (_kind(address),)] <= SAME_SHAPE
            parts = [{}, {"HX-Request": "true"}] if as_part else [{}]
            for headers in parts:
                body, response = self._get(address, headers)
                if "html" not in response.headers.get("Content-Type", ""):
                    continue
                page = _Page()
                page.feed(body)
                self._check_scripts(address, page)
                for link in self._links(address, page):
                    if link not in known:
                        known.add(link)
                        waiting.append(link)
                for form in page.forms:
                    if form["method"] == "post":
                        target = urlsplit(urljoin(address, form["action"] or address)).path
                        chosen = {
                            name: options[-1] or "" for name, options in form["options"].items() if options
                        }
                        fields = {**form["fields"], **chosen}
                        fields.pop("csrfmiddlewaretoken", None)
                        shape = (target, *sorted(item for item in fields.items() if item[0] != "next"))
                        alike = ("posted", _kind(target), tuple(sorted(fields)))
                        if shape not in posts and self._shapes[alike] < SAME_FORM:
                            self._shapes[alike] += 1
                            posts[shape] = fields
        self._before = self._state()
        for (address, *_), fields in posts.items():
            if ("POST", _kind(address)) not in self._refused:
                self._post(address, fields)
        self._compare_with_missing()
        return self

    def _csrf(self) -> str:
        body = self.client.get("/" if not self._is_out else "/sign-in/login/").content.decode()
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', body)
        return found[1] if found else ""

    def _get(self, address: str, headers: dict[str, str]) -> tuple[str, HttpResponse]:
        response = self.client.get(address, headers=headers)
        return self._check("GET", address, response), response

    def _post(self, address: str, fields: dict[str, str]) -> None:
        """Then everything is put back as it was."""
        cookies = self.client.cookies.copy()
        written: list[str] = []

        def listen(execute: Any, sql: str, *told: Any) -> Any:
            if not sql.startswith(("SELECT", "SAVEPOINT", "RELEASE")) and "django_session" not in sql:
                written.append(sql)
            return execute(sql, *told)

        with transaction.atomic():
            with connection.execute_wrapper(listen):
                response = self.client.post(address, {**fields, "csrfmiddlewaretoken": self._token})
            body = self._check("POST", address, response)
            # Every page hands the token's name to htmx.
            if response.status_code == 403 and "CSRF" in body.replace("X-CSRFToken", ""):
                self.findings.append(f"POST {address}: the token was not taken")
            if written:
                now = self._state()
                self.changed += 1
                self.findings += [
                    f"POST {address} {fields}: changed {what}"
                    for what, was in self._before.items()
                    if now[what] != was
                ]
            transaction.set_rollback(True)
        self.client.cookies = cookies

    def _state(self) -> dict[str, Any]:
        """What this user must not change."""
        user = self.user
        foreign = Account.objects.filter(pk__in=self._foreign).order_by("pk")
        # Administrators hand over a leaving colleague's work without seeing it.
        hands_over = user is not None and may(user, Right.MANAGE_USERS)
        merges = user is not None and may(user, Right.MERGE)
        names = ["name", "region", "remark", "unit"] + ([] if hands_over else ["owner", "version"])
        # Subsidiaries follow their parent into the account that it becomes part of, seen or not.
        names += [] if merges else ["parent"]
        told: dict[str, Any] = {"foreign accounts": list(foreign.values_list("pk", *names))}
        if not hands_over:
            foreign_to_dos = ToDo.objects.exclude(account__in=self._seen)
            if user is not None and may(user, Right.PUBLISH):
                # Approvals, which are about no account, are asked for and withdrawn by these.
                foreign_to_dos = foreign_to_dos.exclude(account=None)
            told["foreign to-dos"] = list(
                foreign_to_dos.order_by("pk").values_list("pk", "state", "owner", "due_date")
            )
            told["foreign teams"] = list(
                TeamMember.objects.exclude(account__in=self._seen).values_list("pk", "user", "until")
            )
        told["foreign contacts"] = list(
            Contact.objects.filter(account__in=self._foreign).values_list("pk", "name")
        )
        if user is None or not may(user, Right.EDIT_ACCOUNTS):
            told["contacts"] = Contact.objects.count()
        if not merges:
            told["merges"] = (
                list(Account.with_merged.values_list("pk", "merged_into")),
                Merge.objects.filter(undone_at=None).count(),
            )
        told["foreign comments"] = list(
            Comment.objects.exclude(account__in=self._seen)
            .order_by("pk")
            .values_list("pk", "text", "removed_at")
        )
        told["foreign touches"] = list(
            Touch.objects.exclude(account__in=self._seen)
            .order_by("pk")
            .values_list("pk", "summary", "removed_at")
        )
        told["foreign files"] = list(
            Attachment.objects.exclude(account__in=self._seen).order_by("pk").values_list("pk", "removed_at")
        )
        told["foreign tags"] = list(
            AccountTag.objects.exclude(account__in=self._seen).order_by("pk").values_list("account", "tag")
        )
        if user is None or not may(user, Right.EDIT_ACCOUNTS):
            told["accounts"] = list(Account.objects.order_by("pk").values_list("pk", "name", "remark"))
        if user is None or not may(user, Right.PUBLISH):
            told["current run"] = (
                list(Run.objects.filter(is_current=True).values_list("pk")),
                0 if merges else AccountFigures.objects.count(),
            )
        if user is None or not may(user, Right.RUN):
            told["runs"] = Run.objects.count()
        if not hands_over:
            told["people"] = list(
                User.objects.order_by("pk").values_list("pk", "is_active", "username", "is_superuser")
            )
            told["posts"] = list(
                Post.objects.order_by("pk").values_list("pk", "user", "role", "unit", "reach")
            )
        return told

    def _check(self, method: str, address: str, response: HttpResponse) -> str:
        self.asked[method] += 1
        self.statuses[response.status_code] += 1
        if response.status_code == 405:
            self._refused.add((method, _kind(address)))
        content = b"".join(response.streaming_content) if response.streaming else response.content
        body = content.decode("utf-8", errors="replace")
        if method == "GET":
            self.pages[address] = body
        where = f"{method} {address} ({response.status_code})"
        if response.status_code >= 500:
            self.findings.append(f"{where}: broken: {_error(response)}")
        if self._is_out and not self._is_for_anybody(address, response):
            self.findings.append(f"{where}: answers somebody who is not signed in")
        if "Content-Security-Policy" not in response.headers:
            self.findings.append(f"{where}: has no content security policy")
        # How long the page is may equal some amount by chance, and has nothing to do with it.
        headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
        told = body + "\n" + "\n".join(f"{name}: {value}" for name, value in headers.items())
        secrets = self.secrets
        if urlsplit(address).path in MASKED:
            texts = {text: why for text, why in secrets.texts.items() if text not in self._names}
            secrets = replace(secrets, texts=texts)
        self.findings += [f"{where}: tells {what}" for what in leaks(told, secrets, asked=address)]
        return body

    def _is_for_anybody(self, address: str, response: HttpResponse) -> bool:
        path = urlsplit(address).path
        if path.startswith(("/sign-in/", "/people/welcome/", "/people/language/")):
            return True
        if path.startswith("/api/v1/"):
            return response.status_code in (401, 404, 405) or path in ("/api/v1/", "/api/v1/openapi.json")
        if response.status_code == 302:
            return urlsplit(response.headers["Location"]).path == "/sign-in/login/"
        return response.status_code in (403, 404, 405)

    def _check_scripts(self, address: str, page: _Page) -> None:
        for script in page.scripts:
            if not script.get("src") and script.get("type") != "application/json":
                self.findings.append(f"GET {address}: has an inline script")
        if page.handlers:
            self.findings.append(f"GET {address}: has inline handlers {page.handlers}")

    def _links(self, address: str, page: _Page) -> list[str]:
        found = [*page.links, *page.partials]
        for form in page.forms:
            if form["method"] == "get":
                action = form["action"] or urlsplit(address).path
                fields = {name: value for name, value in form["fields"].items() if value}
                for name, options in form["options"].items():
                    found += [
                        f"{action}?{urlencode({**fields, name: option})}" for option in options if option
                    ]
                found += [f"{action}?{urlencode({**fields, name: '集美'})}" for name in form["fields"]]
        links = []
        for link in found:
            split = urlsplit(urljoin(address, link))
            if split.scheme or split.netloc or split.path.startswith("/static/"):
                continue
            shape = (_kind(split.path), tuple(sorted(name for name, _ in parse_qsl(split.query))))
            self._shapes[shape] += 1
            self._shapes[shape[0], ("any query",)] += bool(split.query)
            if not split.query or (
                self._shapes[shape] <= SAME_SHAPE and self._shapes[shape[0], ("any query",)] <= SAME_KIND
            ):
                links.append(split.path + (f"?{split.query}" if split.query else ""))
        return links

    def _compare_with_missing(self) -> None:
        """An account that may not be seen answers as one that does not exist."""
        foreign = [pk for pk in self._ids if Account.objects.filter(pk=pk).exists() and pk not in self._seen]
        for address in addresses([1]):
            match = re.match(r"^/accounts/1/(.*)$", address)
            if not match or str(MISSING) in address:
                continue
            for method in ("get", "post"):
                answers = {}
                for pk in (MISSING, *foreign[:4]):
                    # A history entry that belongs to the account in the address.
                    rest = re.sub(r"^history/1/", f"history/{_history(pk)}/", match[1])
                    with transaction.atomic():
                        fields = {"csrfmiddlewaretoken": self._token} if method == "post" else {}
                        response = getattr(self.client, method)(f"/accounts/{pk}/{rest}", fields)
                        transaction.set_rollback(True)
                    body = response.content.decode() if not response.streaming else ""
                    plain = re.sub(r"\b[A-Za-z0-9]{64}\b", "", body).replace(f"/{pk}/{rest}", "/pk/")
                    answers[pk] = (
                        response.status_code,
                        re.sub(r"\d+", "N", response.headers.get("Location", "")),
                        plain,
                    )
                for pk in foreign[:4]:
                    if answers[pk] != answers[MISSING]:
                        self.findings.append(
                            f"{method.upper()} /accounts/{pk}/{rest}: {answers[pk][0]}, but {answers[MISSING][0]} where there is none, or another body"
                        )


def _kind(address: str) -> str:
    return re.sub(r"\d+", "N", urlsplit(address).path)


def _history(pk: int) -> int:
    entry = Account.history.filter(id=pk).first()
    return entry.history_id if entry else 1


def _error(response: HttpResponse) -> str:
    told = getattr(response, "exc_info", None)
    return repr(told[1]) if told else ""


def leaks(told: str, secrets: Secrets, *, asked: str = "") -> list[str]:
    """What of `secrets` is in a text, however it is written; what was asked for in the address itself is no news."""
    plain = html.unescape(told)
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), plain)
    plain = plain + "\n" + unquote(plain)
    known = unquote(asked)
    found = [
        f"{text!r} ({why})" for text, why in secrets.texts.items() if text in plain and text not in known
    ]
    for text in set(_AMOUNT.findall(plain)):
        try:
            amount = Decimal(text.replace(",", ""))
        except InvalidOperation:
            continue
        for form in (amount, amount.quantize(Decimal("0.01")) if amount < 10**12 else amount):
            if form in secrets.amounts:
                found.append(f"{text} ({secrets.amounts[form]})")
                break
        if amount < 1 and round(float(amount), 6) in secrets.shares:
            found.append(f"{text} ({secrets.shares[round(float(amount), 6)]})")
    # Rounded money with the exact amount beside it has been looked at above.
    plain = _EXACT.sub("", plain)
    found += [
        f"{text} ({secrets.shown_money[text]})"
        for text in set(_MONEY.findall(plain))
        if text in secrets.shown_money
    ]
    shown = _CHANGE.sub("", plain)
    found += [
        f"{text} ({secrets.percents[text]})"
        for text in set(_PERCENT.findall(shown))
        if text in secrets.percents
    ]
    return found


def report(findings: list[str]) -> str:
    """The findings, alike ones once."""
    kinds: dict[str, list[str]] = {}
    for one in findings:
        kinds.setdefault(re.sub(r"\d{2,}|/\d+", "N", one)[:150], []).append(one)
    return json.dumps({group[0][:400]: len(group) for group in kinds.values()}, ensure_ascii=False, indent=1)
