"""The app's name for Django."""

from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "keyaccount_web.duplicates"
    label = "duplicates"
