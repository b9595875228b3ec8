"""Addresses of the chapter Find."""

from django.urls import path

from keyaccount_web.find import views, views_concentration, views_department, views_field

urlpatterns = [
    path("", views.find, name="find"),
    path("concentration/", views_concentration.concentration, name="concentration"),
    path(
        "concentration/accounts/", views_concentration.concentration_accounts, name="concentration_accounts"
    ),
    path("field/", views_field.field, name="field"),
    path("field/accounts/", views_field.field_accounts, name="field_accounts"),
    path("department/", views_department.department, name="department"),
]
