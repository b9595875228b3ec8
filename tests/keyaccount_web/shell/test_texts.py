"""Is every text there, in the reader's language and in no other? And every icon?"""

import re
from html import unescape
from pathlib import Path

import pytest

import keyaccount_web
from keyaccount.find.verdicts import VERDICTS
from keyaccount.language import LANGUAGES, catalogue
from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.roles import Reach, Role
from keyaccount_web.find.models import KeyAccountList
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.services import EDITABLE
from keyaccount_web.runs.models import Run
from keyaccount_web.shell.templatetags.pages import VERDICT_ICONS
from tests.keyaccount.test_messages import placeholders
from tests.keyaccount_web.company import PRODUCTS
from tests.keyaccount_web.crawler import addresses
from tests.keyaccount_web.yearly import SAID, yearly_lists

WEB = Path(keyaccount_web.__file__).parent
TEMPLATES = "\n".join(file.read_text(encoding="utf-8") for file in sorted(WEB.rglob("*.html")))
PYTHON = "\n".join(
    file.read_text(encoding="utf-8")
    for file in sorted(WEB.rglob("*.py"))
    if not {"migrations", "tests"} & set(file.parts)
)
CODE = r"[a-z_0-9]+(?:\.[a-z_0-9]+)+"
# What may follow a prefix that is completed on the spot.
ENDINGS = {
    "run.state": Run.State.values,
    "basis": ["sales", "profit"],
    "line": [
        *("date", "account_id", "order_id", "product_name", "quantity", "unit", "unit_price"),
        *("net_amount", "cost", "file", "row"),
    ],
    "role": Role.values,
    "reach": Reach.values,
    "unit": OrgUnit.Kind.values,
    "field": [*EDITABLE, "owner", "unit", "username", "email", "role", "code", "kind", "parent", "reach"],
}
# Latin words that belong on a Chinese page: the product, its commands, codes and names.
LATIN = {
    *("keyaccount", "ledger", "import", "EN", "Excel", "csv", "parquet", "example", "com"),
    *("CSV", "PDF", "MB", "KB", "TOTP", "QR", "PNG", "IP", "ID", "App", "GET", "POST", "UTC"),
}  # fmt: skip


PARTS = {"/accounts/similar/", "/cover/touches/new/about/"}
"""Addresses that give a piece of a page to whoever asks."""


def codes_used():
    told = set(re.findall(rf"""{{%\s*t\s+["']({CODE})["']""", TEMPLATES))
    return told | set(re.findall(rf"""message\(\s*["']({CODE})["']""", PYTHON))


def prefixes_used():
    told = set(re.findall(r"""["']([a-z_.]+)\.["']\|add:""", TEMPLATES))
    return told | set(re.findall(r"""message\(\s*f["']([a-z_.]+)\.\{""", PYTHON))


class TestEveryCode:
    def test_that_pages_and_views_use_is_in_the_catalogue(self):
        used = codes_used()
        assert len(used) > 150
        assert [code for code in sorted(used) if code not in catalogue()] == []

    def test_made_of_a_prefix_is_there_for_every_ending(self):
        for prefix in prefixes_used() - set(ENDINGS):
            assert any(code.startswith(f"{prefix}.") for code in catalogue()), prefix
        for prefix in prefixes_used() & set(ENDINGS):
            for ending in ENDINGS[prefix]:
                assert f"{prefix}.{ending}" in catalogue(), f"{prefix}.{ending}"

    def test_raised_has_its_three_sentences(self):
        raised = set(re.findall(rf'Error\(\s*"({CODE})"', PYTHON))
        assert len(raised) > 3
        for code in raised:
            for part in ("expected", "found", "to_do"):
                assert f"{code}.{part}" in catalogue(), code

    def test_stands_in_both_languages_with_the_same_values(self):
        for code, text in catalogue().items():
            assert set(text) == set(LANGUAGES), code
            assert placeholders(text["zh"]) == placeholders(text["en"]), code
            # In parentheses may stand what another service calls it.
            plain = re.sub(r"\([\u4e00-\u9fff]+\)", "", text["en"])
            assert not re.search(r"[\u4e00-\u9fff]", plain), code

    def test_stands_in_no_template_as_plain_words(self):
        plain = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", " ", TEMPLATES, flags=re.S)
        plain = re.sub(r"<script\b.*?</script>|<[^>]*>", " ", plain, flags=re.S)
        assert set(re.findall(r"[\u4e00-\u9fff]+", plain)) <= {"中文"}
        assert set(re.findall(r"[A-Za-z]{2,}", plain)) <= LATIN | {"nbsp", "middot"}


class TestEveryIcon:
    def test_that_pages_use_is_in_the_sprite(self):
        there = set(
            re.findall(r'<symbol[^>]*\bid="([^"]+)"', (WEB / "shell/static/vendor/icons.svg").read_text())
        )
        used = set(re.findall(r"""{%\s*icon\s+["']([^"']+)["']""", TEMPLATES)) | set(
            VERDICT_ICONS.values()
        ) - {""}
        used |= set(re.findall(r'add\("[a-z.]+", "[a-z_]+", "([a-z-]+)"\)', PYTHON))
        assert len(used) > 20
        assert used - there == set()


def words(body):
    """What a reader reads, or is read to."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", body, flags=re.S)
    told = re.findall(r'\b(?:title|placeholder|aria-label|alt)="([^"]*)"', body)
    told += re.findall(r'<input type="(?:submit|button)"[^>]*\bvalue="([^"]*)"', body)
    return unescape(" ".join([re.sub(r"<[^>]*>", " ", body), *told]))


@pytest.fixture
def pages(company, as_user):
    """Every page of somebody in one language: address → body."""

    def of(username, lang):
        client = as_user(username, lang=lang)
        own = yearly_lists(company) if not KeyAccountList.objects.exists() else []
        ids = [company.accounts["K7104"].pk, company.run.pk]
        told = {}
        for address in dict.fromkeys([*addresses(ids), *own, "/accounts/?verdict=key", "/nothing/"]):
            answer = client.get(address)
            if "html" in answer.headers.get("Content-Type", "") and answer.content:
                told[address] = answer.content.decode()
        return told

    return of


class TestEveryPage:
    @pytest.mark.parametrize("username", ["director", "owner", "admin"])
    def test_is_chinese_in_chinese(self, pages, company, username):
        usernames = set(User.objects.values_list("username", flat=True))
        told = pages(username, "zh")
        assert len(told) > 30
        wrong = {}
        for address, body in told.items():
            plain = re.sub(
                r"\b(?:K\d{4}|[DT]H-[\d-]+(?:-B)?|HQ|ZJ|HZ|NB|JS|NJ)\b|\b[A-Z2-7]{32}\b|\b[0-9a-f]{16}\b|[\w.]+@[\w.]+|https?://\S+|/[\w/.-]+",
                " ",
                words(body),
            )
            found = set(re.findall(r"[A-Za-z][A-Za-z_]+", plain)) - LATIN - usernames
            if found:
                wrong[address] = sorted(found)
        assert wrong == {}

    @pytest.mark.parametrize("username", ["director"])
    def test_is_english_in_english(self, pages, company, username):
        data = {"中文", "账本", "台", *(name for _, name in PRODUCTS), *SAID}
        for model, *names in (
            (Account, "name", "region", "industry", "address", "remark"),
            (Contact, "name", "title"),
            (User, "name"),
            (OrgUnit, "name"),
        ):
            for row in model.objects.values_list(*names):
                data |= {part for text in row for part in re.findall(r"[\u4e00-\u9fff]+", text or "")}
        told = pages(username, "en")
        wrong = {}
        for address, body in told.items():
            found = set(re.findall(r"[\u4e00-\u9fff]+", words(body))) - data
            if found:
                wrong[address] = sorted(found)
        assert wrong == {}

    def test_names_its_language(self, pages, company):
        for lang, code in (("zh", "zh-Hans"), ("en", "en")):
            for address, body in pages("owner", lang).items():
                if address not in PARTS:
                    assert f'<html lang="{code}"' in body, address


class TestEveryVerdict:
    def test_has_icon_and_colour(self):
        assert set(VERDICTS) == set(VERDICT_ICONS)
