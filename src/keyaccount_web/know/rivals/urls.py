"""Addresses of rivals and the share of wallet."""

from django.urls import path

from keyaccount_web.know.rivals import views
from keyaccount_web.know.rivals.listings import RIVALS
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("accounts/<int:pk>/rivals/", views.account_rivals, name="account_rivals"),
    path("accounts/<int:pk>/rivals/new/", views.fact, name="rival_new"),
    path("accounts/<int:pk>/rivals/<int:record_id>/", views.fact, name="rival"),
    path("accounts/<int:pk>/purchases/new/", views.purchases, name="purchases_new"),
    path("accounts/<int:pk>/purchases/<int:record_id>/", views.purchases, name="purchases"),
    path("accounts/<int:pk>/failures/new/", views.failure, name="failure_new"),
    path("accounts/<int:pk>/failures/<int:record_id>/", views.failure, name="failure"),
    path("accounts/<int:pk>/rivals/<slug:name>/<int:record_id>/remove/", views.remove, name="rival_remove"),
    path("rivals/", list_view(RIVALS), name="rivals"),
    path("rivals/export/", export_view(RIVALS), name="rivals_export"),
    path("rivals/regions/", views.regions, name="wallet_regions"),
]
