"""The profile of a model, chosen from the list that the servers give."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.devices.enums import LorawanVersion
from apps.devices.models import DeviceModel, ModelProfile
from apps.network.integrations.base import RemoteProfile, ServerError
from apps.network.models import NetworkServer
from apps.network.selectors import client_for


class ProfileForm(forms.ModelForm[ModelProfile]):
    """``choice`` is ``server:profile``. A server that does not answer is named in ``away``."""

    choice = forms.ChoiceField(label=_("profile on the server"))

    class Meta:
        model = ModelProfile
        fields = ("model",)
        labels = {"model": _("device model")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.away: list[tuple[NetworkServer, str]] = []
        self._profiles: dict[str, tuple[NetworkServer, RemoteProfile]] = {}
        groups: list[tuple[str, list[tuple[str, str]]]] = []
        if "choice" not in self.fields:
            return
        self.fields["model"].queryset = DeviceModel.objects.of_city()  # type: ignore[attr-defined]
        for server in NetworkServer.objects.active():
            rows = [(self._keep(server, row), _label(row)) for row in self._asked(server)]
            groups.append((server.name, rows))
        self.fields["choice"].choices = [("", "---------"), *groups]  # type: ignore[attr-defined]
        if not self.instance._state.adding:
            self.initial["choice"] = f"{self.instance.server_id}:{self.instance.profile_id}"

    def _asked(self, server: NetworkServer) -> list[RemoteProfile]:
        try:
            with client_for(server) as client:
                return sorted(client.profiles(), key=lambda row: row.name)
        except ServerError as error:
            self.away.append((server, str(error)))
            return []

    def _keep(self, server: NetworkServer, row: RemoteProfile) -> str:
        value = f"{server.pk}:{row.profile_id}"
        self._profiles[value] = (server, row)
        return value

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        chosen, model = self._profiles.get(values.get("choice", "")), values.get("model")
        if chosen is None or model is None:
            return values
        server, row = chosen
        newer = LorawanVersion.V1_1.value
        if row.lorawan_version and (row.lorawan_version.startswith(newer)) != (
            model.lorawan_version == newer
        ):
            text = gettext(
                "The model speaks LoRaWAN %(model)s, this profile %(profile)s: its keys would stand in the "
                "wrong places. Choose another profile, or correct the model."
            )
            found = {"model": model.lorawan_version, "profile": row.lorawan_version}
            self.add_error("choice", ValidationError(text % found, code="version"))
        same = ModelProfile.objects.filter(model=model, server=server).exclude(pk=self.instance.pk)
        if same.exists():
            text = gettext("This model has a profile on this server already. Change that one.")
            self.add_error("choice", ValidationError(text, code="twice"))
        self.instance.server, self.instance.profile_id = server, row.profile_id
        return values


def _label(row: RemoteProfile) -> str:
    facts = " · ".join(part for part in (row.region, row.lorawan_version) if part)
    return f"{row.name} ({facts})" if facts else row.name
