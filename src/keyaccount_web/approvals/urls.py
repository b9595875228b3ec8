"""Addresses of approvals."""

from django.urls import path

from keyaccount_web.approvals import views

urlpatterns = [
    path("", views.approvals, name="approvals"),
    path("<int:pk>/", views.approval, name="approval"),
    path("<int:pk>/decide/", views.decide, name="approval_decide"),
    path("<int:pk>/withdraw/", views.withdraw, name="approval_withdraw"),
]
