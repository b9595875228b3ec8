"""Addresses of the chapter Find."""

from django.urls import path

from keyaccount_web.find import views, views_documents

urlpatterns = [
    path("", views.find, name="find"),
    path("runs/<int:pk>/list.<str:ending>", views_documents.run_document, name="run_document"),
    path(
        "runs/<int:pk>/list.<str:ending>/make/",
        views_documents.have_run_document_made,
        name="run_document_make",
    ),
]
