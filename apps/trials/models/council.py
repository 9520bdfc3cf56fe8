"""The trials as the council that follows them sees them: one sheet."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.trials.models.trial import Trial


class CouncilTrial(Trial):
    """The same row; a name of its own in the administration's list."""

    class Meta:
        proxy = True
        verbose_name = _("trial on the council sheet")
        verbose_name_plural = _("council sheet")
        default_permissions = ()
