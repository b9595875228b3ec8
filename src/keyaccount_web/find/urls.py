"""Addresses of the chapter Find."""

from django.urls import path

from keyaccount_web.find import views, views_try

urlpatterns = [
    path("", views.find, name="find"),
    path("try/", views_try.try_settings, name="find_try"),
    path("try/keep/", views_try.keep, name="find_try_keep"),
]
