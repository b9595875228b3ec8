"""The app's name for Django."""

from django.apps import AppConfig


class CompanyConfig(AppConfig):
    name = "keyaccount_web.company"
    # `company` is the label of the sign-in by a company's own service.
    label = "company_settings"
