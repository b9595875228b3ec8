"""Addresses of the imports."""

from django.urls import path

from keyaccount_web.imports import views, views_exports

urlpatterns = [
    path("", views.imports, name="imports"),
    path("template/<str:kind>.xlsx", views.template, name="import_template"),
    path("export/<str:whose>/", views_exports.export, name="records_export"),
    path("upload/<str:kind>/", views.upload, name="import_upload"),
    path("ledger/<int:number>/undo/", views.undo_ledger, name="ledger_undo"),
    path("<int:pk>/", views.current, name="import"),
    path("<int:pk>/columns/", views.columns, name="import_columns"),
    path("<int:pk>/check/", views.check, name="import_check"),
    path("<int:pk>/progress/", views.progress, name="import_progress"),
    path("<int:pk>/start/", views.start, name="import_start"),
    path("<int:pk>/again/", views.again, name="import_again"),
    path("<int:pk>/report/", views.report, name="import_report"),
    path("<int:pk>/refused.xlsx", views.refused, name="import_refused"),
    path("<int:pk>/undo/", views.undo, name="import_undo"),
    path("<int:pk>/discard/", views.discard, name="import_discard"),
]
