"""Addresses of the chapter Cover."""

from django.urls import path

from keyaccount_web.cover.listings import TOUCHES
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("touches/", list_view(TOUCHES), name="touches"),
    path("touches/export/", export_view(TOUCHES), name="touches_export"),
]
