"""The app's name for Django."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "keyaccount_web.approvals"
    label = "approvals"
