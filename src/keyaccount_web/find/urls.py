"""Addresses of the chapter Find."""

from django.urls import path

from keyaccount_web.find import views

urlpatterns = [path("", views.find, name="find")]
