"""Standard grid squares (JIS X 0410): the code of a place and the centre of a square.

The third mesh is 30″ of latitude by 45″ of longitude, about 1 km. Places are in degrees (WGS 84,
which agrees with JGD2011 to far less than a square), the code has eight digits: ``55370147``.
"""

from __future__ import annotations

#: Size of a third mesh in degrees: latitude, longitude.
LATITUDE_STEP = 1 / 120
LONGITUDE_STEP = 1 / 80
#: Lets a place that lies exactly on a line belong to the square north-east of it, whatever floats say.
_TINY = 1e-9


def mesh_code(latitude: float, longitude: float) -> str:
    """The third-mesh code (8 digits) of a place in Japan; raises ``ValueError`` outside the grid.

    >>> mesh_code(36.7012, 137.2137)
    '55370147'
    """
    if not (0 <= latitude < 66.66 and 100 <= longitude < 180):
        raise ValueError(f"({latitude}, {longitude}) is outside the grid of JIS X 0410.")
    rows = int(latitude / LATITUDE_STEP + _TINY)
    columns = int((longitude - 100) / LONGITUDE_STEP + _TINY)
    first_row, row = divmod(rows, 80)
    first_column, column = divmod(columns, 80)
    return f"{first_row:02d}{first_column:02d}{row // 10}{column // 10}{row % 10}{column % 10}"


def mesh_corner(code: str) -> tuple[float, float]:
    """Latitude and longitude of the south-west corner of a third mesh; raises ``ValueError``."""
    digits = code.replace("-", "")
    if len(digits) != 8 or not digits.isascii() or not digits.isdigit() or max(digits[4:6]) > "7":
        raise ValueError(f"{code!r} is not a third-mesh code.")
    rows = int(digits[:2]) * 80 + int(digits[4]) * 10 + int(digits[6])
    columns = int(digits[2:4]) * 80 + int(digits[5]) * 10 + int(digits[7])
    return rows * LATITUDE_STEP, 100 + columns * LONGITUDE_STEP


def mesh_centre(code: str) -> tuple[float, float]:
    """Latitude and longitude of the centre of a third mesh; raises ``ValueError``."""
    latitude, longitude = mesh_corner(code)
    return latitude + LATITUDE_STEP / 2, longitude + LONGITUDE_STEP / 2


def mesh_text(code: str) -> str:
    """The code as it is written: ``5537-01-47``."""
    return f"{code[:4]}-{code[4:6]}-{code[6:]}"
