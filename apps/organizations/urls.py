from __future__ import annotations

from django.urls import path

from apps.organizations.views import members, workspace

app_name = "organizations"
urlpatterns = [
    # /o/<organization>/
    path("o/<uuid:organization>/", workspace.workspace, name="workspace"),
    path("o/<uuid:organization>/edit/", workspace.edit, name="edit"),
    path("o/<uuid:organization>/members/", members.member_list, name="member-list"),
    path("o/<uuid:organization>/members/invite/", members.invite, name="invite"),
    path("o/<uuid:organization>/members/<uuid:pk>/role/", members.member_role, name="member-role"),
    path("o/<uuid:organization>/members/<uuid:pk>/owner/", members.ownership, name="ownership"),
    path("o/<uuid:organization>/members/<uuid:pk>/remove/", members.member_remove, name="member-remove"),
    path(
        "o/<uuid:organization>/invitations/<uuid:pk>/revoke/",
        members.invitation_revoke,
        name="invitation-revoke",
    ),
    # for those who do not belong yet
    path("invitations/<str:token>/", members.invitation, name="invitation"),
    path("organizations/ask/", workspace.ask_owner, name="ask-owner"),
    path("account/profile/organizations/", workspace.own_organizations, name="own-organizations"),
]
