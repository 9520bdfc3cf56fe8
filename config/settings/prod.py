"""Production: HTTPS only, every secret from the environment or a file."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config.env import env_int, env_list
from config.settings.base import *  # noqa: F403
from config.settings.base import ALLOWED_HOSTS, BASE_URL, SECRET_KEY

DEBUG = False
DEMO = False
if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("MACHITRY_ALLOWED_HOSTS must name the portal's hosts.")
if not BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("MACHITRY_BASE_URL must begin with https://.")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("MACHITRY_SECRET_KEY must have 50 characters or more.")

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env_int("MACHITRY_HSTS_SECONDS", 31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = env_list("MACHITRY_CSRF_TRUSTED_ORIGINS", BASE_URL)
