"""The app's name for Django."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "keyaccount_web.imports"
    label = "imports"
