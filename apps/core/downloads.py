"""A kept file as an answer that can be taken up again (RFC 9110, ranges; RFC 6266, names)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import http_date, parse_http_date_safe

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def disposition(name: str) -> str:
    """``attachment`` with ``name`` in any script, and a plain one for programs that know only ASCII."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "download"
    if plain == name:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte asked for; None: all of it (no range, several, or not understood).

    Raises ``ValueError`` when nothing of it lies in a file of ``size`` bytes.
    """
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or found.group() == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise ValueError(header)
        return size - length, size - 1
    begin, end = int(first), int(last) if last else size - 1
    if last and end < begin:
        return None
    if begin >= size:
        raise ValueError(header)
    return begin, min(end, size - 1)


def file_answer(
    request: HttpRequest,
    *,
    open_file: Callable[[], IO[bytes]],
    size: int,
    etag: str,
    modified: datetime,
    name: str,
    content_type: str,
) -> HttpResponseBase:
    """200, 206, 304 or 416. ``etag`` (without quotes) names these very bytes: a strong one.

    ``If-Range`` with another tag or date gives the whole file: two files are never mixed.
    """
    shared = {
        "ETag": f'"{etag}"',
        "Last-Modified": http_date(modified.timestamp()),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
    }
    if f'"{etag}"' in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=shared)
    try:
        part = _wanted(request, size, etag, modified)
    except ValueError:
        return HttpResponse(status=416, headers={**shared, "Content-Range": f"bytes */{size}"})
    begin, end = part or (0, size - 1)
    headers = {
        **shared,
        "Content-Length": str(end - begin + 1),
        "Content-Disposition": disposition(name),
        "X-Content-Type-Options": "nosniff",
    }
    if part is not None:
        headers["Content-Range"] = f"bytes {begin}-{end}/{size}"
    status = 206 if part else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type=content_type)
    pieces = _Pieces(open_file(), begin, end)
    return StreamingHttpResponse(pieces, status=status, headers=headers, content_type=content_type)


def _wanted(request: HttpRequest, size: int, etag: str, modified: datetime) -> tuple[int, int] | None:
    header = request.headers.get("Range", "")
    condition = request.headers.get("If-Range", "").strip()
    same = condition in ("", f'"{etag}"') or parse_http_date_safe(condition) == int(modified.timestamp())
    return byte_range(header, size) if same else None


class _Pieces:
    """A stretch of a file, piece by piece; whoever answers with it closes it."""

    def __init__(self, file: IO[bytes], begin: int, end: int) -> None:
        self._file, self._left = file, end - begin + 1
        file.seek(begin)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self._file.read(min(_CHUNK, self._left)) if self._left > 0 else b""
        if not piece:
            self.close()
            raise StopIteration
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._left = 0
        self._file.close()
