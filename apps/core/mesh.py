"""Standard grid squares (JIS X 0410): the code of a place and the centre of a square.

The third mesh is 30″ of latitude by 45″ of longitude, about 1 km. Places are in degrees (WGS 84,
which agrees with JGD2011 to far less than a square), the code has eight digits: ``55370147``. Halved
twice (south-west 1, south-east 2, north-west 3, north-east 4) it gives the quarter mesh of 7.5″ by
11.25″, about 250 m, with ten digits: ``5537014713``.
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


#: Quarter meshes along one side of a third mesh.
_QUARTERS = 4


def quarter_code(latitude: float, longitude: float) -> str:
    """The quarter-mesh code (10 digits, 250 m) of a place in Japan; raises ``ValueError`` outside.

    >>> quarter_code(35.658581, 139.745433)
    '5339359921'
    """
    if not (0 <= latitude < 66.66 and 100 <= longitude < 180):
        raise ValueError(f"({latitude}, {longitude}) is outside the grid of JIS X 0410.")
    return _quarter_at(
        int(latitude / LATITUDE_STEP * _QUARTERS + _TINY),
        int((longitude - 100) / LONGITUDE_STEP * _QUARTERS + _TINY),
    )


def quarter_corner(code: str) -> tuple[float, float]:
    """Latitude and longitude of the south-west corner of a quarter mesh; raises ``ValueError``."""
    row, column = _quarter_place(code)
    return row * LATITUDE_STEP / _QUARTERS, 100 + column * LONGITUDE_STEP / _QUARTERS


def quarter_centre(code: str) -> tuple[float, float]:
    """Latitude and longitude of the centre of a quarter mesh; raises ``ValueError``."""
    latitude, longitude = quarter_corner(code)
    return latitude + LATITUDE_STEP / _QUARTERS / 2, longitude + LONGITUDE_STEP / _QUARTERS / 2


def quarter_beside(code: str, north: int, east: int) -> str:
    """The quarter mesh so many squares north and east of ``code``; raises ``ValueError`` outside."""
    row, column = _quarter_place(code)
    row, column = row + north, column + east
    if not (0 <= row < 100 * 80 * _QUARTERS and 0 <= column < 80 * 80 * _QUARTERS):
        raise ValueError(f"{code!r} stands at the edge of the grid.")
    return _quarter_at(row, column)


def quarter_text(code: str) -> str:
    """The code as it is written: ``5537-01-47-1-3``."""
    return f"{mesh_text(code[:8])}-{code[8]}-{code[9]}"


def _quarter_at(row: int, column: int) -> str:
    """The code of a quarter mesh by its row from the equator and its column from 100° E."""
    rows, south = divmod(row, _QUARTERS)
    columns, west = divmod(column, _QUARTERS)
    first_row, third_row = divmod(rows, 80)
    first_column, third_column = divmod(columns, 80)
    half = 1 + (west >= 2) + 2 * (south >= 2)
    quarter = 1 + west % 2 + 2 * (south % 2)
    return (
        f"{first_row:02d}{first_column:02d}{third_row // 10}{third_column // 10}"
        f"{third_row % 10}{third_column % 10}{half}{quarter}"
    )


def _quarter_place(code: str) -> tuple[int, int]:
    """Row from the equator and column from 100° E of a quarter mesh."""
    digits = code.replace("-", "")
    if len(digits) != 10 or not digits.isascii() or not set(digits[8:]) <= set("1234"):
        raise ValueError(f"{code!r} is not a quarter-mesh code.")
    latitude, longitude = mesh_corner(digits[:8])
    half, quarter = int(digits[8]) - 1, int(digits[9]) - 1
    row = round(latitude / LATITUDE_STEP) * _QUARTERS + half // 2 * 2 + quarter // 2
    return row, round((longitude - 100) / LONGITUDE_STEP) * _QUARTERS + half % 2 * 2 + quarter % 2
