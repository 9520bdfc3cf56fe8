from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class MachitryAdminConfig(AdminConfig):
    """Django's admin with our site: the work queue first."""

    default_site = "apps.core.admin_site.MachitryAdminSite"
