"""Addresses of the search."""

from django.urls import path

from keyaccount_web.search import views

urlpatterns = [path("", views.search, name="search")]
