"""Addresses of the chapter Know."""

from django.urls import path

from keyaccount_web.know import bulk_views as bulk
from keyaccount_web.know import contacts, person_views, team_views, views
from keyaccount_web.know.full_file import views as full_file
from keyaccount_web.know.listings import ACCOUNTS, CONTACTS
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("", list_view(ACCOUNTS), name="accounts"),
    path("export/", export_view(ACCOUNTS), name="accounts_export"),
    path("bulk/", bulk.bulk, name="accounts_bulk"),
    path("bulk/<int:pk>/", bulk.bulk_change, name="bulk_change"),
    path("bulk/<int:pk>/undo/", bulk.bulk_undo, name="bulk_undo"),
    path("contacts/", list_view(CONTACTS), name="contacts"),
    path("contacts/export/", export_view(CONTACTS), name="contacts_export"),
    path("files/", full_file.files, name="files"),
    path("<int:pk>/", views.account, name="account"),
    path("<int:pk>/file/", full_file.account_file, name="account_file"),
    path("<int:pk>/buying/", views.account_buying, name="account_buying"),
    path("<int:pk>/seen/", views.seen, name="account_seen"),
    path("<int:pk>/edit/", views.edit, name="account_edit"),
    path("<int:pk>/contacts/new/", contacts.new, name="contact_new"),
    path("<int:pk>/contacts/<int:contact_id>/", contacts.edit, name="contact"),
    path("<int:pk>/contacts/<int:contact_id>/remove/", contacts.remove, name="contact_remove"),
    path("<int:pk>/contacts/<int:contact_id>/data/", person_views.person_data, name="person_data"),
    path(
        "<int:pk>/contacts/<int:contact_id>/data/export/",
        person_views.person_data_export,
        name="person_data_export",
    ),
    path("<int:pk>/contacts/<int:contact_id>/data/erase/", person_views.person_erase, name="person_erase"),
    path("<int:pk>/team/new/", team_views.new_member, name="team_new"),
    path("team/<int:pk>/end/", team_views.end_member, name="team_end"),
    path("<int:pk>/lines/", views.lines, name="account_lines"),
    path("<int:pk>/history/", views.history, name="account_history"),
    path("<int:pk>/history/<int:history_id>/back/", views.back, name="account_back"),
]
