from __future__ import annotations

from django.urls import path

from apps.apikeys.views import own, workspace

app_name = "apikeys"
urlpatterns = [
    path("o/<uuid:organization>/keys/", workspace.key_list, name="key-list"),
    path("o/<uuid:organization>/keys/links/", workspace.organization_links, name="organization-links"),
    path("o/<uuid:organization>/keys/new/", workspace.key_new, name="key-new"),
    path("o/<uuid:organization>/keys/<uuid:pk>/", workspace.key_detail, name="key-detail"),
    path("o/<uuid:organization>/keys/<uuid:pk>/replace/", workspace.key_rotate, name="key-rotate"),
    path("o/<uuid:organization>/keys/<uuid:pk>/revoke/", workspace.key_revoke, name="key-revoke"),
    path("o/<uuid:organization>/trials/<slug:code>/key-links/", workspace.trial_links, name="trial-links"),
    path("account/keys/", own.own_list, name="own-list"),
    path("account/keys/links/", own.own_links, name="own-links"),
    path("account/keys/new/", own.own_new, name="own-new"),
    path("account/keys/<uuid:pk>/", own.own_detail, name="own-detail"),
    path("account/keys/<uuid:pk>/replace/", own.own_rotate, name="own-rotate"),
    path("account/keys/<uuid:pk>/revoke/", own.own_revoke, name="own-revoke"),
]
