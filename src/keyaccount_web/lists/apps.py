"""The app's name for Django."""

from django.apps import AppConfig


class ListsConfig(AppConfig):
    name = "keyaccount_web.lists"
    label = "lists"
