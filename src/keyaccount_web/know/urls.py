"""Addresses of the chapter Know."""

from django.urls import path

from keyaccount_web.know import contacts, views

urlpatterns = [
    path("", views.accounts, name="accounts"),
    path("export.csv", views.export, name="accounts_export"),
    path("<int:pk>/", views.account, name="account"),
    path("<int:pk>/edit/", views.edit, name="account_edit"),
    path("<int:pk>/contacts/new/", contacts.new, name="contact_new"),
    path("<int:pk>/contacts/<int:contact_id>/", contacts.edit, name="contact"),
    path("<int:pk>/contacts/<int:contact_id>/remove/", contacts.remove, name="contact_remove"),
    path("<int:pk>/lines/", views.lines, name="account_lines"),
    path("<int:pk>/history/", views.history, name="account_history"),
    path("<int:pk>/history/<int:history_id>/back/", views.back, name="account_back"),
]
