"""A PDF saved anew: without scripts, acts, files inside, and what it tells of its author."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf

from apps.core.cleaning.pictures import without_metadata
from apps.core.cleaning.refusal import Refusal

MAX_PAGES = 500
MAX_OBJECTS = 300_000
#: Bytes that all streams together may have when they are unpacked.
MAX_UNPACKED = 600 * 1024 * 1024
#: Gone wherever they stand: acts, scripts, files inside, metadata, forms that programs fill.
_DROPPED = (
    "/AA", "/OpenAction", "/JavaScript", "/JS", "/EmbeddedFiles", "/EF", "/AF", "/Metadata", "/PieceInfo",
    "/XFA", "/Collection", "/RichMediaContent", "/RichMediaSettings", "/Perms", "/LastModified",
    "/SpiderInfo",
)  # fmt: skip
#: Acts that lead out of the document or run something. A link to a page or an address may stay.
_ACTS = frozenset(
    (
        "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie",
        "/Sound", "/RichMediaExecute", "/ResetForm", "/Hide", "/SetOCGState", "/Trans", "/GoTo3DView",
    )
)  # fmt: skip
#: Annotations that carry something else than a mark on the page.
_ANNOTATIONS = frozenset(("/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"))
#: Of a signature: who signed, where and why, and the certificate. Saving anew breaks it in any case.
_SIGNATURE = (
    "/ByteRange",
    "/Contents",
    "/Name",
    "/Reason",
    "/Location",
    "/ContactInfo",
    "/Cert",
    "/M",
    "/Prop_Build",
)


def pdf_save(raw: Any, out: Any) -> None:
    """Write the cleaned PDF of the file ``raw`` to ``out``; raises ``Refusal``."""
    try:
        with pikepdf.open(raw) as pdf:
            if pdf.is_encrypted:
                raise Refusal("pdf_password")
            if len(pdf.pages) > MAX_PAGES:
                raise Refusal("pdf_pages", limit=MAX_PAGES)
            if not pdf.pages:
                raise Refusal("pdf")
            _clean(pdf)
            pdf.remove_unreferenced_resources()
            pdf.save(
                out,
                deterministic_id=True,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
                recompress_flate=False,
                fix_metadata_version=False,
            )
    except pikepdf.PasswordError as error:
        raise Refusal("pdf_password") from error
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, zlib.error) as error:
        raise Refusal("pdf") from error


def _clean(pdf: pikepdf.Pdf) -> None:
    for key in ("/Info", "/ID"):
        if key in pdf.trailer:
            del pdf.trailer[key]
    unpacked = 0
    if len(pdf.objects) > MAX_OBJECTS:
        raise Refusal("bomb")
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream):
            unpacked += _unpacked(thing, MAX_UNPACKED - unpacked)
            _clean_picture(thing)
        for part in _parts(thing):
            _clean_dictionary(part)


def _parts(thing: Any) -> Iterator[Any]:
    """Every dictionary and stream in an object, those written into it too; without recursion."""
    waiting = [thing]
    while waiting:
        part = waiting.pop()
        if isinstance(part, pikepdf.Array):
            waiting += [child for child in part if _is_direct(child)]
        elif isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
            yield part
            waiting += [child for _key, child in part.items() if _is_direct(child)]


def _is_direct(child: Any) -> bool:
    return isinstance(child, pikepdf.Array | pikepdf.Dictionary) and not child.is_indirect


def _clean_dictionary(part: Any) -> None:
    for key in _DROPPED:
        if key in part:
            del part[key]
    act = part.get("/S")
    if isinstance(act, pikepdf.Name) and str(act) in _ACTS and "/K" not in part:
        for key in list(part.keys()):
            del part[key]
        return
    if "/ByteRange" in part:
        for key in _SIGNATURE:
            if key in part:
                del part[key]
    if "/Annots" in part:
        _clean_annotations(part)


def _clean_annotations(page: Any) -> None:
    """Marks on the page stay, without their author's name."""
    marks = page["/Annots"]
    if not isinstance(marks, pikepdf.Array):
        return
    kept = pikepdf.Array()
    for mark in marks:
        if not isinstance(mark, pikepdf.Dictionary) or str(mark.get("/Subtype", "")) in _ANNOTATIONS:
            continue
        if str(mark.get("/Subtype", "")) != "/Widget" and "/T" in mark:
            del mark["/T"]
        kept.append(mark)
    page["/Annots"] = kept


def _filters(stream: Any) -> list[str]:
    named = stream.get("/Filter")
    if named is None:
        return []
    return [str(name) for name in named] if isinstance(named, pikepdf.Array) else [str(named)]


def _unpacked(stream: Any, left: int) -> int:
    """Bytes the stream has unpacked, counted without keeping them; raises ``Refusal`` beyond ``left``."""
    filters = _filters(stream)
    if filters.count("/FlateDecode") + filters.count("/LZWDecode") > 1:
        raise Refusal("bomb")
    if filters[:1] != ["/FlateDecode"]:
        return 0
    machine, waiting, total = zlib.decompressobj(), stream.read_raw_bytes(), 0
    while waiting and not machine.eof:
        try:
            total += len(machine.decompress(waiting, 1 << 20))
        except zlib.error:
            break
        if total > left:
            raise Refusal("bomb")
        waiting = machine.unconsumed_tail
    return total


def _clean_picture(stream: Any) -> None:
    if _filters(stream) == ["/DCTDecode"]:
        raw = stream.read_raw_bytes()
        bare = without_metadata(raw)
        if bare != raw:
            stream.write(bare, filter=pikepdf.Name.DCTDecode, decode_parms=stream.get("/DecodeParms"))
