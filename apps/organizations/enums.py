from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrganizationKind(models.TextChoices):
    CORPORATION = "corporation", _("corporation")
    SOLE = "sole", _("sole proprietor")
    RESEARCH = "research", _("university or research institute")
    ASSOCIATION = "association", _("association")
    CITY = "city", _("city")


class Role(models.TextChoices):
    OWNER = "owner", _("owner")
    MANAGER = "manager", _("manager")
    ENGINEER = "engineer", _("engineer")
    VIEWER = "viewer", _("viewer")


#: Who may change devices and keys; who may also answer for the organization.
ENGINEERING_ROLES = (Role.OWNER, Role.MANAGER, Role.ENGINEER)
MANAGING_ROLES = (Role.OWNER, Role.MANAGER)
