"""What stands in `deploy/` fits the program: commands, options, variables, ports, folders. Nothing is built here."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from keyaccount.cli import commands
from keyaccount.language import catalogue

DEPLOY = Path(__file__).parents[3] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
OWN = {name: one for name, one in COMPOSE["services"].items() if one.get("image") == "keyaccount"}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def unit(path):
    told = configparser.ConfigParser(strict=False, interpolation=None)
    told.optionxform = str
    told.read(path, encoding="utf-8")
    return told


def understood(words):
    """Whether the program knows the command with these options; it is not run."""
    commands("en").commands[words[0]].make_context(words[0], list(words[1:]))


class TestCompose:
    def test_has_all_that_an_installation_runs(self):
        assert set(OWN) == {"upgrade", "web", "worker", "scheduler"}
        assert set(COMPOSE["services"]) == {*OWN, "database", "proxy"}
        for one in OWN.values():
            understood(one["command"])

    def test_starts_nothing_before_the_upgrade_is_through(self):
        for name in set(OWN) - {"upgrade"}:
            assert OWN[name]["depends_on"] == {"upgrade": {"condition": "service_completed_successfully"}}
        assert OWN["upgrade"]["restart"] == "no"

    def test_mounts_volumes_that_exist_over_folders_that_the_user_owns(self):
        declared, folders = (
            set(COMPOSE["volumes"]),
            re.search(r"install -d -o keyaccount .*", CONTAINERFILE)[0],
        )
        for one in COMPOSE["services"].values():
            for mount in one.get("volumes", []):
                source, target = mount.split(":")[:2]
                assert source in declared or (DEPLOY / source).is_file()
                if one in OWN.values():
                    assert target in folders.split()
        variables = (DEPLOY / "compose.env.example").read_text(encoding="utf-8")
        assert "KEYACCOUNT_BACKUP=/backups\n" in variables
        assert "KEYACCOUNT_HOME=/data" in CONTAINERFILE

    def test_says_only_variables_that_are_documented(self):
        variables = (DEPLOY / "compose.env.example").read_text(encoding="utf-8")
        said = set(re.findall(r"^#? ?([A-Z_]+)=", variables, re.M)) | set(
            re.findall(r"\b(KEYACCOUNT_[A-Z]+)=", CONTAINERFILE)
        )
        assert {"KEYACCOUNT_HOSTS", "DATABASE_URL", "KEYACCOUNT_HOME"} <= said
        assert [name for name in said if f"environment.{name}" not in catalogue()] == []

    def test_leads_to_the_port_that_is_served(self):
        port = re.search(r"EXPOSE (\d+)", CONTAINERFILE)[1]
        assert f"reverse_proxy web:{port}" in (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
        assert f"http://127.0.0.1:{port}/health" in CONTAINERFILE
        serve = commands("en").commands["serve"]
        assert str(next(one for one in serve.params if one.name == "port").default) == port


class TestSystemd:
    def test_runs_what_the_program_knows(self):
        told = [unit(path)["Service"]["ExecStart"].split()[1:] for path in UNITS]
        assert sorted(one[0] for one in told) == ["scheduler", "serve", "worker"]
        for words in told:
            understood(words)

    @pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
    def test_finds_nothing_wrong_but_the_program_that_is_not_installed_here(self):
        told = subprocess.run(  # noqa: S603
            ["systemd-analyze", "verify", *map(str, UNITS)],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        assert [line for line in told.stderr.splitlines() if "is not executable" not in line] == []
