"""Finding a device model by what people write or a label says."""

from __future__ import annotations

import difflib
import re
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class KnownModel:
    """A model of the list; ``label`` is its maker and name."""

    pk: uuid.UUID
    label: str
    version: str
    own: bool = False


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).casefold()


def _one_of(several: list[KnownModel]) -> KnownModel | None:
    meant = [model for model in several if model.own] or several
    return meant[0] if len(meant) == 1 else None


class ModelNames:
    """The models by name: rows of (pk, maker, name, LoRaWAN version, profile ids on labels, whether it is the
    company's own). Where a name or label could mean several, the company's own is meant."""

    def __init__(self, models: Iterable[tuple[uuid.UUID, str, str, str, tuple[str, ...], bool]]) -> None:
        self._full: dict[str, KnownModel] = {}
        self._short: dict[str, list[KnownModel]] = {}
        self._labels: dict[str, list[KnownModel]] = {}
        for pk, maker, name, version, profiles, own in sorted(models, key=lambda row: row[5]):
            model = KnownModel(pk, f"{maker} {name}", version, own)
            self._full[_plain(model.label)] = model
            self._short.setdefault(_plain(name), []).append(model)
            for profile in profiles:
                self._labels.setdefault(profile, []).append(model)

    def find(self, text: str) -> KnownModel | None:
        """The model called ``text``: maker and name, or the name alone when only one has it."""
        found = self._full.get(_plain(text))
        if found is not None:
            return found
        return _one_of(self._short.get(_plain(text), []))

    def of_label(self, profile_id: str) -> KnownModel | None:
        """The model whose label has this profile id, when only one does."""
        return _one_of(self._labels.get(profile_id, []))

    def near(self, text: str) -> str:
        """A model that is written alike, or nothing."""
        names = {**{key: rows[0] for key, rows in self._short.items()}, **self._full}
        close = difflib.get_close_matches(_plain(text)[:200], list(names), n=1, cutoff=0.7)
        return names[close[0]].label if close else ""
