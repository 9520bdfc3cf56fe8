"""What belongs to one call: criteria, its own questions, frequent questions, files."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.calls.enums import AnswerKind
from apps.calls.models.call import Call
from apps.core.models import TimeStampedModel, TwoLanguages, UUIDModel


class CallPart(TwoLanguages, UUIDModel, TimeStampedModel):
    """A row of a call, in the order that staff gave it."""

    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        abstract = True
        ordering = ["order", "created_at"]


class CallCriterion(CallPart):
    """What experts score, from ``scale_min`` to ``scale_max``; the mean is weighted by ``weight``."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="criteria", verbose_name=_("call"))
    name = models.CharField(_("criterion"), max_length=80)
    name_en = models.CharField(_("criterion (English)"), max_length=120, blank=True)
    description = models.TextField(_("what is looked at"), max_length=600, blank=True)
    description_en = models.TextField(_("what is looked at (English)"), max_length=900, blank=True)
    scale_min = models.PositiveSmallIntegerField(_("lowest score"), default=1)
    scale_max = models.PositiveSmallIntegerField(_("highest score"), default=5)
    weight = models.DecimalField(
        _("weight"),
        max_digits=5,
        decimal_places=2,
        default=1,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
    )

    class Meta(CallPart.Meta):
        verbose_name = _("review criterion")
        verbose_name_plural = _("review criteria")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scale_max__gt=models.F("scale_min")),
                name="calls_criterion_scale",
                violation_error_message=_("The highest score must be above the lowest."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class CallQuestion(CallPart):
    """A question that one call asks beside those of every call."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="extra_questions", verbose_name=_("call"))
    label = models.CharField(_("question"), max_length=200)
    label_en = models.CharField(_("question (English)"), max_length=300, blank=True)
    reason = models.CharField(_("why it is asked"), max_length=200)
    reason_en = models.CharField(_("why it is asked (English)"), max_length=300, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=AnswerKind.choices, default=AnswerKind.TEXT)
    choices = models.TextField(_("choices"), blank=True, help_text=_("One in each line."))
    choices_en = models.TextField(_("choices (English)"), blank=True, help_text=_("The same order."))
    required = models.BooleanField(_("required"), default=False)

    class Meta(CallPart.Meta):
        verbose_name = _("extra question")
        verbose_name_plural = _("extra questions")

    def __str__(self) -> str:
        return self.label

    @property
    def options(self) -> list[str]:
        """The choices as they are stored in an answer."""
        return [line.strip() for line in self.choices.splitlines() if line.strip()]

    def shown_options(self, language: str) -> list[tuple[str, str]]:
        """(stored, shown) pairs; Japanese where English has not as many lines."""
        stored = self.options
        english = [line.strip() for line in self.choices_en.splitlines() if line.strip()]
        shown = english if language == "en" and len(english) == len(stored) else stored
        return list(zip(stored, shown, strict=True))


class CallFaq(CallPart):
    """A frequent question with its answer."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="faqs", verbose_name=_("call"))
    question = models.CharField(_("question"), max_length=300)
    question_en = models.CharField(_("question (English)"), max_length=400, blank=True)
    answer = models.TextField(_("answer"), max_length=3000)
    answer_en = models.TextField(_("answer (English)"), max_length=4500, blank=True)

    class Meta(CallPart.Meta):
        verbose_name = _("frequent question")
        verbose_name_plural = _("frequent questions")

    def __str__(self) -> str:
        return self.question


_OFFICE = "application/vnd.openxmlformats-officedocument"
#: How people call a type of file.
FILE_KINDS = {
    "application/pdf": "PDF",
    f"{_OFFICE}.wordprocessingml.document": "Word",
    f"{_OFFICE}.spreadsheetml.sheet": "Excel",
    f"{_OFFICE}.presentationml.presentation": "PowerPoint",
}


class CallFile(CallPart):
    """A file that everyone may take from the call's page."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="files", verbose_name=_("call"))
    title = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=160, blank=True)
    file = models.FileField(_("file"), upload_to="calls/")
    name = models.CharField(_("file name"), max_length=150, blank=True)
    content_type = models.CharField(_("type"), max_length=100, blank=True)
    size = models.PositiveIntegerField(_("size in bytes"), default=0)

    class Meta(CallPart.Meta):
        verbose_name = _("file of a call")
        verbose_name_plural = _("files of a call")

    def __str__(self) -> str:
        return self.title

    @property
    def download_name(self) -> str:
        """The name under which people save it."""
        return self.name or str(self.file.name or "").rpartition("/")[2]

    @property
    def kind_word(self) -> str:
        """``PDF``, ``Word``, …; the end of the name where the type has no name of its own."""
        return FILE_KINDS.get(self.content_type) or self.download_name.rpartition(".")[2].upper()[:5]

    def get_absolute_url(self) -> str:
        return reverse("calls:call-file", args=[self.call.code, self.pk, self.download_name or "file"])
