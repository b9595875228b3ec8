"""The app's name for Django."""

from django.apps import AppConfig


class KnowConfig(AppConfig):
    name = "keyaccount_web.know"
    label = "know"
