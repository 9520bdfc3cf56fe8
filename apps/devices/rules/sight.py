"""What of a device's past somebody sees who sees the device only through its trial."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: From when until when (not included) a device was in a trial; None: from the first, until now.
Stay = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Sight:
    """What came in ``trial`` while the device was in it: its ``stays`` there, the oldest first."""

    trial: uuid.UUID
    stays: tuple[Stay, ...]

    @property
    def since(self) -> datetime | None:
        """Nothing older is seen; None: the device began in the trial."""
        return self.stays[0][0]

    def covers(self, moment: datetime | None) -> bool:
        """Whether ``moment`` lies in a stay."""
        return moment is not None and self.covers_all(moment, moment)

    def covers_all(self, begin: datetime, end: datetime) -> bool:
        """Whether everything from ``begin`` until ``end`` lies in one stay."""
        return any(
            (since is None or begin >= since) and (until is None or begin < until and end <= until)
            for since, until in self.stays
        )


def sight_of(trial: uuid.UUID, joined_at: datetime, earlier: Iterable[Sequence[Any]]) -> Sight:
    """What is seen of a device that came into ``trial`` at ``joined_at`` after ``earlier`` stays:
    ``[trial, since, until]`` as ``stay_left`` keeps them."""
    back = [(_moment(since), _moment(until)) for place, since, until in earlier if place == str(trial)]
    return Sight(trial, (*back, (joined_at, None)))


def stay_left(trial: uuid.UUID, since: datetime | None, until: datetime) -> list[str | None]:
    """A stay that is over, as JSON keeps it."""
    return [str(trial), since.isoformat() if since else None, until.isoformat()]


def trial_then(earlier: Sequence[Sequence[Any]], time: datetime) -> str:
    """In which of the ``earlier`` stays (at least one) something of ``time`` was sent: the last that had not
    ended, before them all the first."""
    later = [place for place, _since, until in earlier if time < datetime.fromisoformat(until)]
    return str(later[0] if later else earlier[-1][0])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
