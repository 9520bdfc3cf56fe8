"""The WSGI application that the web server runs."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from config.env import env_list

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
#: Behind Caddy or nginx the visitor's address (rate limits, logs) is the one that the proxy names.
application = wrap_wsgi_with_proxy_headers(
    get_wsgi_application(), trusted_hosts=env_list("MACHITRY_TRUSTED_PROXIES")
)
