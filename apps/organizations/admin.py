"""Organizations and their people for staff."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.organizations.domain import membership_save, organization_save
from apps.organizations.models import Membership, Organization


class MembershipInline(admin.StackedInline[Membership, Organization]):
    model = Membership
    extra = 0
    raw_id_fields = ("user",)
    fields = ("user", "role")


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin[Organization]):
    list_display = ("name", "kind", "corporate_number", "members", "created_at")
    list_filter = ("kind",)
    search_fields = ("name", "name_kana", "corporate_number", "memberships__user__email")
    search_help_text = _("Name, kana, corporate number or a member's e-mail")
    fields = ("kind", "name", "name_kana", "corporate_number", "website")
    inlines: ClassVar = (MembershipInline,)
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Organization]:
        return super().get_queryset(request).annotate(member_count=models.Count("memberships"))

    @admin.display(description=_("members"), ordering="member_count")
    def members(self, organization: Any) -> int:
        return int(organization.member_count)

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        organization_save(organization=obj, actor=request.user, changed=form.changed_data)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        for membership in formset.deleted_objects:
            membership_save(membership=membership, actor=request.user, delete=True)
        for membership in [*formset.new_objects, *(row for row, _names in formset.changed_objects)]:
            membership_save(membership=membership, actor=request.user)
