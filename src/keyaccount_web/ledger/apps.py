"""The app's name for Django."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "keyaccount_web.ledger"
    label = "ledger"
