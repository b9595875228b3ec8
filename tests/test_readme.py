"""Does the README show what the program prints, and do the docs lead anywhere?"""

import re

import pytest

from keyaccount.cli import main
from tests.keyaccount.data import ROOT

PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")})


class TestTheReadme:
    @pytest.mark.parametrize(("file", "lang"), [("README.md", "en"), ("README.zh.md", "zh")])
    def test_shows_what_the_demo_prints(self, file, lang, capsys):
        assert main(["find", "--demo", "--lang", lang]) == 0
        printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
        block = re.search(r"```text\n(.*?)```", (ROOT / file).read_text(encoding="utf-8"), re.DOTALL)[1]
        shown = [line.rstrip() for line in block.splitlines() if line.strip()]
        assert len(shown) > 5
        assert [line for line in shown if line not in printed] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
class TestEveryPage:
    def test_links_only_to_what_is_there(self, page):
        text = page.read_text(encoding="utf-8")
        targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
        local = [target for target in targets if not target.startswith(("http:", "https:", "mailto:"))]
        assert [target for target in local if not (page.parent / target).exists()] == []

    def test_names_only_options_that_there_are(self, page):
        from keyaccount.cli import commands

        known = {
            word
            for command in commands("en").commands.values()
            for param in command.params
            for word in param.opts
        }
        known |= {"--lang", "--version", "--help"}
        used = set(re.findall(r"keyaccount find[^\n`]*?(--[a-z-]+)", page.read_text(encoding="utf-8")))
        assert used <= known
