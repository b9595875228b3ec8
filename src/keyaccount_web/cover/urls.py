"""Addresses of the chapter Cover."""

from django.urls import path

from keyaccount_web.cover import views_skills as skills
from keyaccount_web.cover import views_standards as standards
from keyaccount_web.cover import views_touches as touches
from keyaccount_web.cover.listings import DUE, TOUCHES
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("due/", list_view(DUE), name="due_touches"),
    path("due/export/", export_view(DUE), name="due_touches_export"),
    path("standards/", standards.standards, name="standards"),
    path("standards/behind/", standards.standards_behind, name="standards_behind"),
    path("accounts/<int:pk>/signs/", standards.sign_new, name="sign_new"),
    path("signs/<int:pk>/remove/", standards.sign_remove, name="sign_remove"),
    path("skills/", skills.skills, name="skills"),
    path("skills/judge/", skills.judge, name="skill_judge"),
    path("skills/needs/", skills.need, name="skill_need"),
    path("skills/needs/<int:pk>/remove/", skills.need_remove, name="skill_need_remove"),
    path("skills/trainings/", skills.train, name="skill_train"),
    path("touches/", list_view(TOUCHES), name="touches"),
    path("touches/export/", export_view(TOUCHES), name="touches_export"),
    path("touches/new/", touches.new, name="touch_new"),
    path("touches/new/about/", touches.about, name="touch_about"),
    path("accounts/<int:pk>/touches/new/", touches.of_account, name="account_touch_new"),
    path("touches/token/", touches.token, name="touch_token"),
    path("touches/worker.js", touches.worker, name="touch_worker"),
    path("touches/<int:pk>/", touches.touch, name="touch"),
    path("touches/<int:pk>/change/", touches.change, name="touch_change"),
    path("touches/<int:pk>/remove/", touches.remove, name="touch_remove"),
    path("touches/<int:pk>/restore/", touches.restore, name="touch_restore"),
]
