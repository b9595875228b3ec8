"""`keyaccount demo`, `serve`, `worker`: the web app from the command line."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click

from keyaccount.cli.speech import SpokenCommand
from keyaccount.cli.words import count, lang_option, option
from keyaccount.errors import KeyAccountError
from keyaccount.home import home
from keyaccount.language import add_catalogue, message

SETTINGS = "keyaccount_web.config.settings"
LOOK_AGAIN_SECONDS = 30


class NotInstalledError(KeyAccountError):
    """The web app needs packages that the library does not."""


def demo_command(lang: str) -> click.Command:
    """`keyaccount demo`: the app with an invented company in it."""
    add_catalogue("keyaccount_web.messages")
    params: list[click.Parameter] = [
        option(lang, "demo", "--fixed-passwords", is_flag=True),
        option(lang, "demo", "--fresh", is_flag=True),
        option(lang, "demo", "--fill-only", is_flag=True),
        option(lang, "serve", "--port", default="8000", metavar="8000"),
        lang_option(lang),
    ]

    def callback(**words: Any) -> int:
        return _demo(
            lang,
            count("--port", words["port"]),
            **{key: value for key, value in words.items() if key != "port"},
        )

    return SpokenCommand("demo", params=params, callback=callback, help=message("help.demo", lang), lang=lang)


def serve_command(lang: str) -> click.Command:
    """`keyaccount serve`: the app for real."""
    add_catalogue("keyaccount_web.messages")
    params: list[click.Parameter] = [
        option(lang, "serve", "--host", default="127.0.0.1", metavar="127.0.0.1"),
        option(lang, "serve", "--port", default="8000", metavar="8000"),
        option(lang, "serve", "--workers", default="2", metavar="2"),
        option(lang, "serve", "--no-worker", is_flag=True),
        lang_option(lang),
    ]

    def callback(host: str, port: str, workers: str, no_worker: bool) -> int:
        _prepare(lang)
        click.echo(message("serve.at", lang, address=f"http://{host}:{count('--port', port)}"))
        _say_who_comes_in(lang)
        return _serve(host, count("--port", port), count("--workers", workers), with_worker=not no_worker)

    return SpokenCommand(
        "serve", params=params, callback=callback, help=message("help.serve", lang), lang=lang
    )


def worker_command(lang: str) -> click.Command:
    """`keyaccount worker`: what takes calculations off the pages' hands, run apart."""
    add_catalogue("keyaccount_web.messages")

    def callback() -> int:
        set_up()
        from keyaccount_web.operate.worker import work

        work()
        return 0

    return SpokenCommand(
        "worker", params=[lang_option(lang)], callback=callback, help=message("help.worker", lang), lang=lang
    )


def scheduler_command(lang: str) -> click.Command:
    """`keyaccount scheduler`: the clock, run apart."""
    add_catalogue("keyaccount_web.messages")

    def callback() -> int:
        set_up()
        from keyaccount_web.operate.heartbeat import keep_beating
        from keyaccount_web.operate.models import Heartbeat
        from keyaccount_web.schedule.clock import Clock

        keep_beating(Heartbeat.Kind.SCHEDULER)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that it says that it ends
        clock = Clock()
        while True:
            clock.tick()
            time.sleep(LOOK_AGAIN_SECONDS)

    return SpokenCommand(
        "scheduler",
        params=[lang_option(lang)],
        callback=callback,
        help=message("help.scheduler", lang),
        lang=lang,
    )


def set_up() -> None:
    """Django, ready for a command. Raises NotInstalledError."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    try:
        import django
    except ImportError as error:
        raise NotInstalledError("web.not_installed") from error
    django.setup()


def site_address(port: int) -> str:
    """Where users find the app, without a slash behind."""
    return os.environ.get("KEYACCOUNT_URL", f"http://127.0.0.1:{port}").rstrip("/")


def prepare_records(lang: str) -> None:
    """The records as a command needs them: their tables up to date (a backup is made before)."""
    set_up()
    from keyaccount_web.operate.commands import upgraded_before_serving

    upgraded_before_serving(lang)


def _prepare(lang: str) -> None:
    """Tables up to date (a backup is made before), files of the browser where the server finds them."""
    set_up()
    from django.core.management import call_command

    from keyaccount_web.operate.commands import upgraded_before_serving
    from keyaccount_web.search.tasks import begin_where_missing

    upgraded_before_serving(lang)
    call_command("collectstatic", interactive=False, verbosity=0)
    begin_where_missing()


def _say_who_comes_in(lang: str) -> None:
    from keyaccount_web.access.models import User

    if not User.objects.exists():
        click.echo(message("serve.nobody", lang))


def _demo(lang: str, port: int, *, fixed_passwords: bool, fresh: bool, fill_only: bool) -> int:
    folder = Path(os.environ.get("KEYACCOUNT_DEMO_HOME") or home() / "demo")
    os.environ["KEYACCOUNT_HOME"] = str(folder)
    for name in ("DATABASE_URL", "KEYACCOUNT_LEDGER", "KEYACCOUNT_LEDGER_CATALOG"):
        os.environ.pop(name, None)  # never into the company's own
    done = folder / "filled"
    if fresh or not done.exists():
        # What a broken-off filling has left is no company.
        shutil.rmtree(folder, ignore_errors=True)
    _prepare(lang)
    if not done.exists():
        from keyaccount_web.demo_company import fill

        signs = fill(
            lambda code: click.echo(message(f"step.{code}", lang), err=True), fixed_passwords=fixed_passwords
        )
        click.echo(message("demo.sign_ins", lang))
        width = max(len(sign.username) for sign in signs)
        for sign in signs:
            role = message(f"role.{sign.role}", lang) if sign.role else message("demo.no_post", lang)
            click.echo(f"  {sign.username:{width}}  {sign.password}  {sign.name} · {role}")
        done.write_text("")
    else:
        click.echo(message("demo.there", lang, folder=folder))
    if fill_only:
        return 0
    click.echo(message("serve.at", lang, address=f"http://127.0.0.1:{port}"))
    return _serve("127.0.0.1", port, 1, with_worker=True)


def _serve(host: str, port: int, workers: int, *, with_worker: bool) -> int:
    """Run the server, and beside it what works in the background, until one of them ends or somebody stops it."""
    server = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", "4", "--log-level", "warning"),
        "keyaccount_web.config.wsgi:application",
    ]
    # Each server process counts in files of its own; those of the run before are of the past.
    counted = home() / "metrics"
    shutil.rmtree(counted, ignore_errors=True)
    counted.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counted)
    beside = ("worker", "scheduler") if with_worker else ()
    commands = [server, *([sys.executable, "-m", "keyaccount", name] for name in beside)]
    running = [subprocess.Popen(command) for command in commands]  # noqa: S603 - our own commands

    def stop(*_: object) -> None:
        for process in running:
            process.terminate()

    signal.signal(signal.SIGTERM, stop)
    try:
        while all(process.poll() is None for process in running):
            time.sleep(0.3)
    except KeyboardInterrupt:
        pass
    stop()
    codes = [process.wait() for process in running]
    return 0 if all(code in (0, -signal.SIGTERM, -signal.SIGINT) for code in codes) else 2
