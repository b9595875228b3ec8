"""Addresses of the kept calculations."""

from django.urls import path

from keyaccount_web.runs import views

urlpatterns = [
    path("", views.runs, name="runs"),
    path("start/", views.start, name="run_start"),
    path("<int:pk>/", views.run, name="run"),
    path("<int:pk>/why/", views.why, name="run_why"),
    path("<int:pk>/progress/", views.progress, name="run_progress"),
    path("<int:pk>/repeat/", views.repeat_run, name="run_repeat"),
    path("<int:pk>/current/", views.make_run_current, name="run_current"),
    path("<int:pk>/compare/<int:other>/", views.compare_runs, name="run_compare"),
]
