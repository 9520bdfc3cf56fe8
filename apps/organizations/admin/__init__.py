from apps.organizations.admin.organization import OrganizationAdmin

__all__ = ["OrganizationAdmin"]
