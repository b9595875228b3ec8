"""Addresses of the border."""

from django.urls import path

from keyaccount_web.cover.border import views

urlpatterns = [
    path("border/", views.border, name="border"),
    path("border/trials/new/", views.new_trial, name="border_trial_new"),
    path("border/trials/<int:pk>/", views.trial, name="border_trial"),
]
