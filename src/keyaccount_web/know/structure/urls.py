"""Addresses of the people of an account."""

from django.urls import path

from keyaccount_web.know.structure import views

urlpatterns = [
    path("accounts/<int:pk>/people/", views.account_people, name="account_people"),
    path("accounts/<int:pk>/people/<int:contact_id>/", views.relation, name="person_relation"),
    path("accounts/<int:pk>/people/<int:contact_id>/place/", views.place, name="person_place"),
    path("accounts/<int:pk>/people/arrange/", views.arrange, name="people_arrange"),
    path("accounts/<int:pk>/people/line/", views.draw, name="people_line"),
    path("accounts/<int:pk>/people/ties/new/", views.tie, name="people_tie_new"),
    path("accounts/<int:pk>/people/ties/<int:tie_id>/", views.tie, name="people_tie"),
    path("accounts/<int:pk>/people/ties/<int:tie_id>/remove/", views.tie_remove, name="people_tie_remove"),
]
