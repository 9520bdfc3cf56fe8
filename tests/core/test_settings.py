from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from PIL import Image

from apps.core import site
from apps.core.domain import site_settings_save
from apps.core.models import SiteSettings
from apps.core.signals import site_settings_saved
from apps.core.uploads import LOGO, Limits, picture_clean
from tests.cast import Cast

ADDRESS = "/admin/core/sitesettings/1/change/"


def picture(
    kind: str = "PNG", size: tuple[int, int] = (120, 120), mode: str = "RGB", **options: Any
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "teal" if mode != "P" else 0).save(out, kind, **options)
    return out.getvalue()


def test_low_contrast_colour_is_refused_in_words() -> None:
    with pytest.raises(ValidationError) as caught:
        SiteSettings(key_colour="#7fd1e0").full_clean(validate_unique=False, validate_constraints=False)
    (text,) = caught.value.message_dict["key_colour"]
    assert "4.5" in text
    assert "1.7" in text


@pytest.mark.parametrize("colour", ["red", "#123", "#00414g", "00414f1", "#00414F;}"[:7] + ""])
def test_colour_is_six_digits(colour: str) -> None:
    settings = SiteSettings(key_colour=colour)
    if colour == "#00414F":
        settings.clean()
        return
    with pytest.raises(ValidationError):
        settings.clean()


def test_exif_and_trailing_data_do_not_survive() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    exif[0x0112] = 6  # turned by a quarter
    raw = picture("JPEG", (200, 100), exif=exif) + b"<?php hidden ?>"
    clean = picture_clean(io.BytesIO(raw), Limits())
    kept = clean.read()
    assert clean.name is not None
    assert clean.name.endswith(".jpg")
    assert b"secret" not in kept
    assert b"php" not in kept
    with Image.open(io.BytesIO(kept)) as result:
        assert (result.size, dict(result.getexif())) == ((100, 200), {})


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGBA"), ("JPEG", "CMYK"), ("PNG", "I;16")]
)
def test_each_kind_is_written_anew(kind: str, mode: str) -> None:
    kept = picture_clean(io.BytesIO(picture(kind, (900, 300), mode)), LOGO)
    with Image.open(kept) as result:
        assert result.size == (512, 171)
        assert result.format in ("PNG", "JPEG")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "unreadable"),
        (b"GIF89a" + b"\x00" * 100, "unreadable"),
        (picture()[:60], "unreadable"),
        (picture("BMP"), "unreadable"),
        (picture(size=(95, 200)), "too_small"),
        (picture(size=(6000, 6000)), "too_many_pixels"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * (2 * 1024 * 1024), "too_large"),
    ],
    ids=["empty", "svg", "gif", "cut off", "bmp", "small", "many pixels", "large"],
)
def test_what_is_no_picture_of_ours_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        picture_clean(io.BytesIO(raw), LOGO)
    assert caught.value.code == code


@pytest.mark.django_db
def test_saving_tells_what_changed_and_forgets_what_was_kept(
    cast: Cast, django_capture_on_commit_callbacks: Any, tmp_path: Path
) -> None:
    told: list[dict[str, Any]] = []
    site.site_settings()

    def listen(**kwargs: Any) -> None:
        told.append(kwargs)

    site_settings_saved.connect(listen)
    try:
        with override_settings(MEDIA_ROOT=tmp_path), django_capture_on_commit_callbacks(execute=True):
            first = SiteSettings(logo=SimpleUploadedFile("x.php", picture("JPEG")))
            site_settings_save(settings=first, actor=cast.staff)
        assert str(site.site_settings().logo.name).endswith(".jpg")
        with override_settings(MEDIA_ROOT=tmp_path), django_capture_on_commit_callbacks(execute=True):
            second = SiteSettings.objects.get()
            second.city_name = "試し市"
            second.logo = ""
            site_settings_save(settings=second, actor=cast.staff)
    finally:
        site_settings_saved.disconnect(listen)
    assert told[1]["fields"] == ["city_name", "logo"]
    assert (site.site_settings().city_name, list(tmp_path.rglob("*.jpg"))) == ("試し市", [])


@pytest.mark.django_db
def test_bad_settings_are_not_saved(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="logo"):
        site_settings_save(settings=SiteSettings(logo=SimpleUploadedFile("x.png", b"no")), actor=cast.staff)
    with pytest.raises(ValidationError):
        site_settings_save(settings=SiteSettings(map_zoom=40), actor=cast.staff)
    assert not SiteSettings.objects.exists()


def _form(**changes: Any) -> dict[str, Any]:
    row = SiteSettings()
    names = [f.name for f in SiteSettings._meta.concrete_fields if f.name not in ("id", "updated_at", "logo")]
    values = {name: getattr(row, name) for name in names}
    return {**{name: "" if value is None else value for name, value in values.items()}, **changes}


@pytest.mark.django_db
def test_staff_edit_the_settings_in_the_admin(client: Client, cast: Cast, tmp_path: Path) -> None:
    client.force_login(cast.staff)
    assert client.get("/admin/core/sitesettings/")["Location"] == ADDRESS
    assert client.get(ADDRESS).status_code == 200
    logo = SimpleUploadedFile("logo.png", picture())
    with override_settings(MEDIA_ROOT=tmp_path):
        answer = client.post(ADDRESS, _form(city_name="試し市", logo=logo))
    assert answer.status_code == 302
    row = SiteSettings.objects.get()
    assert (row.city_name, row.pk) == ("試し市", 1)
    assert client.get("/admin/core/sitesettings/2/change/").status_code == 302
    assert client.get("/admin/core/sitesettings/add/").status_code == 403
    assert client.get("/admin/core/sitesettings/1/delete/").status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"key_colour": "#7fd1e0"},
        {"logo": SimpleUploadedFile("logo.png", b"<script>")},
        {"logo": SimpleUploadedFile("logo.svg", b"<svg/>")},
        {"contact_email": "nobody"},
        {"map_latitude": "NaN"},
        {"site_name": "x" * 10_000},
        {"site_name": ""},
    ],
)
def test_admin_refuses_bad_settings_beside_the_field(
    client: Client, cast: Cast, changes: dict[str, Any]
) -> None:
    client.force_login(cast.staff)
    answer = client.post(ADDRESS, _form(**changes))
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == list(changes)
    assert not SiteSettings.objects.exists()


@pytest.mark.django_db
def test_there_is_one_row_only() -> None:
    SiteSettings(site_name="a").save()
    SiteSettings(site_name="b").save()
    assert list(SiteSettings.objects.values_list("pk", "site_name")) == [(1, "b")]
    assert SiteSettings(site_name="町", site_name_en="").localized("site_name", "en") == "町"
    assert ContentFile(b"").size == 0
