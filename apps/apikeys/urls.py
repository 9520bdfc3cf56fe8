from __future__ import annotations

from django.urls import path

from apps.apikeys import views

app_name = "apikeys"
urlpatterns = [
    path("o/<uuid:organization>/keys/", views.key_list, name="key-list"),
    path("o/<uuid:organization>/keys/links/", views.organization_links, name="organization-links"),
    path("o/<uuid:organization>/keys/new/", views.key_new, name="key-new"),
    path("o/<uuid:organization>/keys/<uuid:pk>/revoke/", views.key_revoke, name="key-revoke"),
    path("o/<uuid:organization>/trials/<slug:code>/key-links/", views.trial_links, name="trial-links"),
]
