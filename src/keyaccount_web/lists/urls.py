"""Addresses of saved views and exports; each list has its own address in its chapter."""

from django.urls import path

from keyaccount_web.lists import views

urlpatterns = [
    path("exports/", views.exports, name="exports"),
    path("exports/<int:pk>/", views.exported_file, name="exported_file"),
    path("views/<int:pk>/favourite/", views.favour_view, name="view_favour"),
    path("views/<int:pk>/remove/", views.remove_view, name="view_remove"),
    path("<slug:name>/views/", views.save_view, name="view_save"),
    path("<slug:name>/export/", views.make_export, name="export_make"),
]
