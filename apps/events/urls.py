from __future__ import annotations

from django.urls import path

from apps.events import views

app_name = "events"
urlpatterns = [
    path("events/", views.event_list, name="event-list"),
    path("events/<uuid:pk>/", views.event_detail, name="event-detail"),
    path("events/<uuid:pk>/calendar.ics", views.event_calendar, name="event-calendar"),
    path("events/<uuid:pk>/register/", views.event_register, name="event-register"),
    path("events/<uuid:pk>/registered/", views.event_registered, name="event-registered"),
    # Behind the link of a mail.
    path("events/registration/<str:token>/", views.registration, name="registration"),
    path("events/registration/<str:token>/cancel/", views.registration_cancel, name="registration-cancel"),
    path(
        "events/registration/<str:token>/calendar.ics",
        views.registration_calendar,
        name="registration-calendar",
    ),
]
