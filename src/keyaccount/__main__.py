"""`python -m keyaccount` is `keyaccount`."""

from keyaccount.cli import run

run()
