"""The WSGI application that the web server runs."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from apps.core.collector import rest_the_collector
from apps.core.connections import close_with_thread
from config.env import env_list

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
django = get_wsgi_application()
#: Behind Caddy or nginx the visitor's address (rate limits, logs) is the one that the proxy names.
application = wrap_wsgi_with_proxy_headers(django, trusted_hosts=env_list("MACHITRY_TRUSTED_PROXIES"))
rest_the_collector()
close_with_thread()
