"""What stands for a device profile at The Things Stack, which has none.

A profile here is what the Network Server must know of a device: the frequency plan, the version of LoRaWAN,
the version of the regional parameters, and whether the device always listens (class C). Its id is these
four: ``AS_920_923_LBT/1.0.3/PHY_V1_0_3_REV_A/A``. Nothing is kept on the server for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from apps.network.integrations.base import Refusal, RemoteProfile, ServerRefused
from apps.network.integrations.tts.calls import Calls

#: Which regional parameters go with a version of LoRaWAN, as the server's console offers them.
_PHY: Final = {
    "1.0.2": ("PHY_V1_0_2_REV_A", "PHY_V1_0_2_REV_B"),
    "1.0.3": ("PHY_V1_0_3_REV_A",),
    "1.0.4": ("RP002_V1_0_0", "RP002_V1_0_1", "RP002_V1_0_2", "RP002_V1_0_3", "RP002_V1_0_4"),
    "1.1": ("PHY_V1_1_REV_A", "PHY_V1_1_REV_B"),
}
_MAC: Final = {"1.0.2": "MAC_V1_0_2", "1.0.3": "MAC_V1_0_3", "1.0.4": "MAC_V1_0_4", "1.1": "MAC_V1_1"}
#: Our names of regions: ChirpStack's. The server's: what its bands are called.
_BANDS: Final = {
    "EU868": "EU_863_870", "EU433": "EU_433", "US915": "US_902_928", "AU915": "AU_915_928",
    "CN470": "CN_470_510", "CN779": "CN_779_787", "IN865": "IN_865_867", "KR920": "KR_920_923",
    "RU864": "RU_864_870",
}  # fmt: skip
_PLAN: Final = re.compile(r"[A-Za-z0-9_-]{1,38}")
#: What of a device is read from and written to the Network Server.
FIELDS: Final = ("frequency_plan_id", "lorawan_version", "lorawan_phy_version", "supports_class_c")


@dataclass(frozen=True)
class Profile:
    plan: str
    #: Of LoRaWAN: ``1.0.3``.
    version: str
    #: Of the regional parameters, by the server's name.
    phy: str
    class_c: bool = False

    @property
    def id(self) -> str:
        return f"{self.plan}/{self.version}/{self.phy}/{'C' if self.class_c else 'A'}"

    @property
    def radio(self) -> dict[str, Any]:
        """As the Network Server wants it."""
        values = (self.plan, _MAC[self.version], self.phy, self.class_c)
        return dict(zip(FIELDS, values, strict=True))


def profile_of(text: str) -> Profile:
    """The profile of an id; raises ``ServerRefused`` if it is none."""
    parts = text.split("/")
    if len(parts) == 4 and _PLAN.fullmatch(parts[0]) and parts[2] in _PHY.get(parts[1], ()):
        return Profile(parts[0], parts[1], parts[2], parts[3] == "C")
    raise ServerRefused(f"“{text}” is no profile for The Things Stack.", Refusal.NOT_FOUND)


def profile_id_of(radio: dict[str, Any]) -> str:
    """The id of what the Network Server says of a device. What is set there by hand may be no profile."""
    version = re.sub(r"^(MAC_)?V?", "", str(radio.get("lorawan_version", ""))).replace("_", ".")
    version = "1.1" if version.startswith("1.1") else version
    phy = _phy(str(radio.get("lorawan_phy_version", "")))
    kind = "C" if radio.get("supports_class_c") else "A"
    return f"{radio.get('frequency_plan_id', '')}/{version}/{phy}/{kind}"[:64]


def _phy(name: str) -> str:
    """One name for what versions of the server call ``RP001_V1_0_3_REV_A`` or ``PHY_V1_0_3_REV_A``."""
    name = re.sub(r"^(RP001|TS001|PHY)_", "PHY_", name)
    return "PHY_V1_0_2_REV_A" if name == "PHY_V1_0_2" else name


def profiles_of(call: Calls, region: str) -> Iterator[RemoteProfile]:
    """What the server can do in ``region``; in every region if it knows no such one."""
    phys = {
        str(row.get("band_id")): {_phy(str(name)) for name in row.get("phy_versions") or []}
        for row in call("GET", "configuration/phy-versions").get("version_info") or []
    }
    plans = call("GET", "configuration/frequency-plans").get("frequency_plans") or []
    here = [row for row in plans if _same(str(row.get("band_id", "")), region)] or plans
    for row in here:
        plan, band = str(row.get("id", "")), str(row.get("band_id", ""))
        if not _PLAN.fullmatch(plan):
            continue
        for version, names in _PHY.items():
            for phy in (name for name in names if name in phys.get(band, set())):
                for class_c in (False, True):
                    yield _remote(Profile(plan, version, phy, class_c), str(row.get("name") or plan), band)


def _remote(profile: Profile, name: str, band: str) -> RemoteProfile:
    kind = "C" if profile.class_c else "A"
    words = f"{name} · {profile.phy.removeprefix('PHY_').replace('_', ' ')} · {kind}"
    return RemoteProfile(profile.id, words, band, profile.version)


def _same(band: str, region: str) -> bool:
    wanted = _BANDS.get(region.upper(), region)
    return re.sub(r"[_-]", "", band).upper() == re.sub(r"[_-]", "", wanted).upper()
