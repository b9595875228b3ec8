"""Addresses of the ledger."""

from django.urls import path

from keyaccount_web.ledger import views

urlpatterns = [
    path("", views.imports, name="ledger"),
    path("<int:number>/refused/<str:name>", views.refused, name="ledger_refused"),
]
