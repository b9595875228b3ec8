"""Addresses of the people of an account; `?map=` says which map, without it the standing one."""

from django.urls import path

from keyaccount_web.know.structure import more_views, views

urlpatterns = [
    path("accounts/<int:pk>/people/", views.account_people, name="account_people"),
    path("accounts/<int:pk>/people/<int:contact_id>/", views.relation, name="person_relation"),
    path("accounts/<int:pk>/people/<int:contact_id>/place/", views.place, name="person_place"),
    path("accounts/<int:pk>/people/<int:contact_id>/leave/", views.leave, name="person_leave"),
    path("accounts/<int:pk>/people/arrange/", views.arrange, name="people_arrange"),
    path("accounts/<int:pk>/people/line/", views.draw, name="people_line"),
    path("accounts/<int:pk>/people/ties/new/", more_views.tie, name="people_tie_new"),
    path("accounts/<int:pk>/people/ties/<int:tie_id>/", more_views.tie, name="people_tie"),
    path(
        "accounts/<int:pk>/people/ties/<int:tie_id>/remove/", more_views.tie_remove, name="people_tie_remove"
    ),
    path("accounts/<int:pk>/people/maps/new/", more_views.topic_map, name="people_map_new"),
    path("accounts/<int:pk>/people/maps/<int:map_id>/", more_views.topic_map, name="people_map"),
    path(
        "accounts/<int:pk>/people/maps/<int:map_id>/remove/", more_views.map_remove, name="people_map_remove"
    ),
    path("accounts/<int:pk>/people/departments/new/", more_views.department, name="people_department_new"),
    path(
        "accounts/<int:pk>/people/departments/<int:department_id>/",
        more_views.department,
        name="people_department",
    ),
    path(
        "accounts/<int:pk>/people/departments/<int:department_id>/remove/",
        more_views.department_remove,
        name="people_department_remove",
    ),
]
