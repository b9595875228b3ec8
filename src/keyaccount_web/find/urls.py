"""Addresses of the chapter Find."""

from django.urls import path

from keyaccount_web.find import views, views_documents, views_plans
from keyaccount_web.find.listings import POTENTIAL
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("", views.find, name="find"),
    path("potential/", list_view(POTENTIAL), name="potential"),
    path("potential/export/", export_view(POTENTIAL), name="potential_export"),
    path("plans/<int:pk>/", views_plans.plan, name="plan"),
    path("plans/<int:pk>/change/", views_plans.change, name="plan_change"),
    path("plans/<int:pk>/close/", views_plans.close, name="plan_close"),
    path("plans/<int:pk>/reopen/", views_plans.reopen, name="plan_reopen"),
    path("runs/<int:pk>/list.<str:ending>", views_documents.run_document, name="run_document"),
    path(
        "runs/<int:pk>/list.<str:ending>/make/",
        views_documents.have_run_document_made,
        name="run_document_make",
    ),
]
