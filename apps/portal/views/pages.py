from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/home.html")


def after_sign_in(request: HttpRequest) -> HttpResponse:
    return redirect("portal:home")
