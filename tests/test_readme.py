"""Do the README and the start pages show what the program prints, and do the docs lead anywhere?"""

import contextlib
import io
import re
import shlex
from functools import cache

import pytest

from keyaccount.cli import main
from tests.keyaccount.data import ROOT

PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")})
START_PAGES = sorted(ROOT.glob("docs/*/start.md"))
DEMO = ("find", "--demo")


@cache
def printed(lang, *words):
    """The lines that a command prints; it runs once, however many blocks show it."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main([*words, "--lang", lang]) == 0
    return [line.rstrip() for line in out.getvalue().splitlines()]


def lines_of(block):
    return [line.rstrip() for line in block.splitlines() if line.strip()]


def shown_outputs(page):
    """Each text block that a page shows after a command of `find`: the command's words and the block's lines."""
    command = ()
    for kind, block in re.findall(
        r"^```(\w+)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.M
    ):
        if kind == "sh":
            for line in block.splitlines():
                if line.startswith("keyaccount find"):
                    command = tuple(shlex.split(line, comments=True)[1:])
        elif kind == "text":
            yield command, lines_of(block)


DEMO_OUTPUTS = [
    pytest.param(page.parent.name, command, shown, id=f"{page.relative_to(ROOT)}:{shown[0][:30]}")
    for page in START_PAGES
    for command, shown in shown_outputs(page)
    if command[:2] == DEMO
]


class TestTheReadme:
    @pytest.mark.parametrize(("file", "lang"), [("README.md", "en"), ("README.zh.md", "zh")])
    def test_shows_what_the_demo_prints(self, file, lang):
        block = re.search(r"```text\n(.*?)```", (ROOT / file).read_text(encoding="utf-8"), re.DOTALL)[1]
        shown = lines_of(block)
        assert len(shown) > 5
        assert [line for line in shown if line not in printed(lang, *DEMO)] == []


class TestTheStartPages:
    @pytest.mark.parametrize(("lang", "command", "shown"), DEMO_OUTPUTS)
    def test_show_what_the_demo_prints(self, lang, command, shown):
        assert [line for line in shown if line not in printed(lang, *command)] == []

    def test_show_the_same_commands_in_every_language(self):
        assert len(START_PAGES) == 2
        outputs = [[command for command, _ in shown_outputs(page)] for page in START_PAGES]
        demo = [[command for command in one if command[:2] == DEMO] for one in outputs]
        assert demo[0] == demo[1]
        assert len(demo[0]) == 5


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
