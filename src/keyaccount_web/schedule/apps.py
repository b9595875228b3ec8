"""The app's name for Django."""

from django.apps import AppConfig


class ScheduleConfig(AppConfig):
    name = "keyaccount_web.schedule"
    label = "schedule"
