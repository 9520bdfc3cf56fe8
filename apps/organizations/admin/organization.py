"""Organizations and their people for staff."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.validators import clean_corporate_number
from apps.organizations.admin.merge import MergeAdmin
from apps.organizations.domain import checked_domain, mail_domain_save, membership_save, organization_save
from apps.organizations.models import Membership, Organization, OrganizationDomain


class MembershipForm(forms.ModelForm[Membership]):
    """Who, by e-mail, and in which role."""

    email = forms.EmailField(label=_("e-mail"))

    class Meta:
        model = Membership
        fields = ("role",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["email"].disabled = True
            self.initial["email"] = self.instance.user.email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.instance._state.adding and data.get("email"):
            self._find(data["email"].lower())
        return data

    def _find(self, email: str) -> None:
        user = User.objects.filter(email=email).first()
        if user is None:
            self.add_error("email", _("Nobody has this address yet. Add the person first."))
        elif Membership.objects.filter(user=user, organization=self.instance.organization_id).exists():
            self.add_error("email", _("This person belongs to the organization already."))
        else:
            self.instance.user = user


class OrganizationAdminForm(forms.ModelForm[Organization]):
    corporate_number = forms.CharField(label=_("corporate number"), max_length=40, required=False)

    class Meta:
        model = Organization
        fields = ("kind", "name", "name_kana", "corporate_number", "website")

    def clean_corporate_number(self) -> str:
        number = self.cleaned_data["corporate_number"]
        return clean_corporate_number(number) if number else ""


class MembershipInline(admin.StackedInline[Membership, Organization]):
    model = Membership
    extra = 0
    form = MembershipForm
    fields = ("email", "role")


class DomainForm(forms.ModelForm[OrganizationDomain]):
    """A mail domain, as it is typed or pasted from an address."""

    domain = forms.CharField(
        label=_("mail domain"),
        help_text=_("What stands behind the @. Reviewers with an address there review nothing of it."),
        max_length=300,
    )

    class Meta:
        model = OrganizationDomain
        fields = ("domain", "note")

    def clean_domain(self) -> str:
        return checked_domain(self.cleaned_data["domain"])


class DomainInline(admin.StackedInline[OrganizationDomain, Organization]):
    model = OrganizationDomain
    form = DomainForm
    extra = 1
    fields = (("domain", "note"),)


class MergedFilter(admin.SimpleListFilter):
    """Those that were merged into another are listed only when asked for."""

    title = _("merged")
    parameter_name = "merged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("merged into another"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(merged_into__isnull=self.value() != "yes")


@admin.register(Organization)
class OrganizationAdmin(MergeAdmin):
    list_display = ("name", "kind", "corporate_number", "members", "created_at")
    list_filter = ("kind", MergedFilter)
    change_form_template = "admin/organizations/organization/change_form.html"
    change_list_template = "admin/organizations/organization/change_list.html"
    search_fields = ("name", "name_kana", "corporate_number", "memberships__user__email")
    search_help_text = _("Name, kana, corporate number or a member's e-mail")
    form = OrganizationAdminForm
    inlines: ClassVar = (MembershipInline, DomainInline)
    list_per_page = 50
    #: The count of members drops the model's own order, and choosing by name needs one.
    ordering = ("name", "pk")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Organization]:
        return super().get_queryset(request).annotate(member_count=models.Count("memberships"))

    @admin.display(description=_("members"), ordering="member_count")
    def members(self, organization: Any) -> int:
        return int(organization.member_count)

    def has_change_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        """One that was merged can be looked at only."""
        return super().has_change_permission(request, obj) and (obj is None or obj.merged_into_id is None)

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        organization_save(organization=obj, actor=request.user, changed=form.changed_data)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        changed = [*formset.new_objects, *(row for row, _names in formset.changed_objects)]
        for row, delete in [
            *((row, True) for row in formset.deleted_objects),
            *((row, False) for row in changed),
        ]:
            if isinstance(row, OrganizationDomain):
                mail_domain_save(row=row, actor=request.user, delete=delete)
            else:
                membership_save(membership=row, actor=request.user, delete=delete)
