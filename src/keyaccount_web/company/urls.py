"""Addresses of the company's settings."""

from django.urls import path

from keyaccount_web.company import views

urlpatterns = [
    path("", views.settings, name="settings"),
    path("back/", views.back, name="setting_back"),
    path("history/", views.history, name="settings_history"),
]
