"""Settings shared by development, tests and production; every value from the environment is read strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django_stubs_ext
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from config import env

# Django's classes take their model in brackets: forms.ModelForm[Call], admin.ModelAdmin[Call].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parents[2]
LOCAL_DIR = BASE_DIR / ".local"

DEBUG = False
DEMO = env.env_bool("MACHITRY_DEMO")
BASE_URL = env.env_str("MACHITRY_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.env_list("MACHITRY_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.env_list("MACHITRY_CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "apps.portal",
    "apps.reports",
    "apps.telemetry",
    "apps.devices",
    "apps.apikeys",
    "apps.network",
    "apps.trials",
    "apps.calls",
    "apps.events",
    "apps.exports",
    "apps.organizations",
    "apps.accounts",
    "apps.audit",
    "apps.outbox",
    "apps.core",
    "apps.core.admin_config.MachitryAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "django_prometheus",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "apps.core.middleware.RequestIdMiddleware",
    "apps.core.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.PublicPageCacheMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "apps.core.middleware.ApiLanguageMiddleware",
    "apps.core.middleware.ApiCompressionMiddleware",
    "apps.core.middleware.ApiConditionalMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.accounts.middleware.StaffSecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.core.middleware.DomainErrorMiddleware",
    "apps.organizations.middleware.MergedOrganizationMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.core.context_processors.site",
            ],
        },
    }
]
# An address typed without a scheme means https (the default from Django 6.0 on).
FORMS_URLFIELD_ASSUME_HTTPS = True
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS += ["django.forms"]

DATABASES = {"default": env.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

#: Who may read /metrics: whoever sends this as a bearer token; empty: only this machine, past no proxy.
METRICS_TOKEN = env.env_secret("MACHITRY_METRICS_TOKEN", "-").removeprefix("-")

REDIS_URL = env.env_secret("MACHITRY_REDIS_URL")
REDIS_PREFIX = env.env_str("MACHITRY_REDIS_PREFIX", "machitry")
_REDIS_OPTIONS: dict[str, Any] = {
    "CLIENT_CLASS": "django_redis.client.DefaultClient",
    "SOCKET_CONNECT_TIMEOUT": 0.5,
    "SOCKET_TIMEOUT": 0.5,
}
CACHES: dict[str, Any] = {
    # Rate limits and small state: falls back to the (stricter) database cache when Redis is down.
    "default": {
        "BACKEND": "apps.core.cache.FallbackCache",
        "LOCATION": "",
        "OPTIONS": {"primary": "redis", "fallback": "database"},
    },
    "redis": {
        "BACKEND": "apps.core.cache.SharedRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_PREFIX,
        "OPTIONS": _REDIS_OPTIONS,
    },
    "database": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"},
    # Public pages: without Redis they are simply rendered again.
    "pages": {
        "BACKEND": "apps.core.cache.FallbackCache",
        "LOCATION": "",
        "TIMEOUT": 60,
        "OPTIONS": {"primary": "redis-pages", "fallback": "none"},
    },
    "redis-pages": {
        "BACKEND": "apps.core.cache.SharedRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{REDIS_PREFIX}-pages",
        "OPTIONS": _REDIS_OPTIONS,
    },
    "none": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}
DJANGO_REDIS_IGNORE_EXCEPTIONS = False

SECRET_KEY = env.env_secret("MACHITRY_SECRET_KEY")
#: HMAC keys of API keys, newest first; a key made under an older one is kept under the newest once used.
API_KEY_SECRETS = env.env_secrets("MACHITRY_API_KEY_SECRETS", "MACHITRY_API_KEY_SECRET")
#: Fernet keys, newest first; older ones still decrypt.
DEVICE_KEY_SECRETS = [part.strip() for part in env.env_secret("MACHITRY_DEVICE_KEY_SECRETS").split(",")]
#: Fernet keys of the signing secrets of webhooks, likewise.
WEBHOOK_SECRETS = [part.strip() for part in env.env_secret("MACHITRY_WEBHOOK_SECRETS").split(",")]
#: Webhooks reach no private address, but these networks; production knows none, nor http.
WEBHOOK_NETWORKS: list[str] = []
WEBHOOK_HTTP = False
#: For so many days the log of deliveries is kept.
WEBHOOK_KEEP_DAYS = env.env_int("MACHITRY_WEBHOOK_KEEP_DAYS", 30, minimum=1)

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
]
LOGIN_URL = "account_request_login_code"
LOGIN_REDIRECT_URL = "portal:after-sign-in"
LOGOUT_REDIRECT_URL = "portal:home"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
CSRF_COOKIE_SAMESITE = "Lax"

ACCOUNT_ADAPTER = "apps.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_RATE_LIMITS = {
    "request_login_code": "20/m/ip,5/10m/key,30/d/key",
    "login_failed": "10/m/ip,5/5m/key",
    "confirm_email": "1/30s/key",
}
#: Besides these, while Redis is away and the database keeps the counts.
DEGRADED_RATE_LIMITS = {"request_login_code_degraded": "5/m/ip,2/10m/key"}
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = False
# Only config/wsgi.py reads X-Forwarded-For, from MACHITRY_TRUSTED_PROXIES: visitors may write anything.
ALLAUTH_TRUSTED_PROXY_COUNT = 0
# A code typed at the end of its half minute arrives in the next one, and telephones' clocks differ
# (RFC 6238, 5.2); a code still works once only.
MFA_TOTP_TOLERANCE = 1
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "apps.accounts.adapters.SecondFactorAdapter"
#: Staff and reviewers must use a second factor (production).
SECOND_FACTOR_REQUIRED_FOR_STAFF = env.env_bool("MACHITRY_REQUIRE_SECOND_FACTOR", True)

EMAIL_BACKEND = "apps.outbox.adapters.OutboxEmailBackend"
OUTBOX_TRANSPORT = env.email(default=f"file://{LOCAL_DIR}/demo/mail")
DEFAULT_FROM_EMAIL = env.env_str("MACHITRY_MAIL_FROM", "Machitry <no-reply@machitry.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = LOCAL_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "assets" / "dist"]
MEDIA_ROOT = Path(env.env_str("MACHITRY_MEDIA_ROOT", str(LOCAL_DIR / "media")))
MEDIA_URL = "/media/"
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    # Files of exports, kept for days only; like the others no address leads to them.
    "exports": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": env.env_str("MACHITRY_EXPORTS_ROOT", str(MEDIA_ROOT / "exports"))},
    },
}
#: Exports of an organization at once, and on a day.
EXPORTS_AT_ONCE = env.env_int("MACHITRY_EXPORTS_AT_ONCE", 3, minimum=1)
EXPORTS_A_DAY = env.env_int("MACHITRY_EXPORTS_A_DAY", 30, minimum=1)
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
# Beside what is compressed already: source maps, which are large and read by developers only.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "apps.core.uploads.BoundedUploadHandler",
]

#: XYZ tile address for maps, e.g. https://tiles.example/{z}/{x}/{y}.png; empty: the bundled sketch only.
MAP_TILES_URL = env.env_str("MACHITRY_MAP_TILES_URL", "")
MAP_TILES_ATTRIBUTION = env.env_str("MACHITRY_MAP_TILES_ATTRIBUTION", "")
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

MQTT_URL = env.env_str("MACHITRY_MQTT_URL", "mqtt://127.0.0.1:1883")
MQTT_USERNAME = env.env_str("MACHITRY_MQTT_USERNAME", "")
MQTT_PASSWORD = env.env_secret("MACHITRY_MQTT_PASSWORD", "-") if MQTT_USERNAME else ""

#: The companies' broker, from which they take what their own devices sent; empty: there is none.
TOPICS_URL = env.env_str("MACHITRY_TOPICS_URL", "")
#: The address that companies are told, if it is another than ours.
TOPICS_PUBLIC_URL = env.env_str("MACHITRY_TOPICS_PUBLIC_URL", TOPICS_URL)
TOPICS_USERNAME = env.env_str("MACHITRY_TOPICS_USERNAME", "portal")
TOPICS_PASSWORD = env.env_secret("MACHITRY_TOPICS_PASSWORD") if TOPICS_URL else ""
#: Passwords of keys at that broker are derived under it.
TOPICS_SECRET = env.env_secret("MACHITRY_TOPICS_SECRET") if TOPICS_URL else ""

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": f"{REDIS_PREFIX}-celery",
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "Asia/Tokyo"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "outbox-drain": {"task": "outbox.drain", "schedule": 10.0},
    "exports-forget": {"task": "exports.forget", "schedule": 1800.0},
    "apikeys-usage": {"task": "apikeys.usage", "schedule": 60.0},
    "apikeys-remind": {"task": "apikeys.remind", "schedule": 3600.0},
    "events-remind": {"task": "events.remind", "schedule": 900.0},
    "calls-conflicts": {"task": "calls.conflicts", "schedule": 600.0},
    "network-heard": {"task": "network.heard", "schedule": 60.0},
    "network-gateways": {"task": "network.gateways", "schedule": 600.0},
    "devices-compare": {"task": "devices.compare", "schedule": crontab(hour=3, minute=10)},
    "devices-forget-files": {"task": "devices.forget_files", "schedule": 600.0},
    "devices-follow-trials": {"task": "devices.follow_trials", "schedule": 3600.0},
    "telemetry-partitions": {"task": "telemetry.partitions", "schedule": 6 * 3600.0},
    "telemetry-alerts": {"task": "telemetry.alerts", "schedule": 60.0, "options": {"expires": 50}},
    "telemetry-retention": {"task": "telemetry.retention", "schedule": crontab(hour=2, minute=40)},
    "telemetry-fold": {"task": "telemetry.fold", "schedule": crontab(minute=20)},
    "telemetry-webhook-log": {"task": "telemetry.webhook_log", "schedule": 3600.0},
    "accounts-clean-up": {"task": "accounts.clean_up", "schedule": 3600.0},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.apikeys.adapters.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.api.HasRequiredScopes", "apps.core.api.KnownParametersOnly"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.api.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.OrjsonParser"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.api.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.ApiSchema",
    "DEFAULT_THROTTLE_CLASSES": ["apps.apikeys.adapters.ClientThrottle"],
    "NUM_PROXIES": 0,
    "URL_FORMAT_OVERRIDE": None,  # `Accept` alone says the form; `format` is a parameter like any other
    "EXCEPTION_HANDLER": "apps.core.api.problem_handler",
    "UNAUTHENTICATED_USER": None,
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Machitry API",
    "DESCRIPTION": _("Calls, trials, reports, and the data of your devices."),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.api.texts.texts_in_language",
    ],
    "ENUM_NAME_OVERRIDES": {
        "CallPhaseEnum": "apps.calls.enums.CallPhase",
        "TrialPhaseEnum": "apps.trials.enums.TrialPhase",
        "DeviceStateEnum": "apps.devices.enums.DeviceState",
        "CodecStateEnum": "apps.devices.enums.CodecState",
        "CodecDirectionEnum": "apps.devices.enums.Direction",
        "ExportStateEnum": "apps.exports.enums.ExportState",
        "ExportFormatEnum": "apps.exports.enums.ExportFormat",
        "OutcomeEnum": "apps.reports.enums.Outcome",
        "NewsKindEnum": "apps.telemetry.enums.NewsKind",
        "WebhookStateEnum": "apps.telemetry.enums.WebhookState",
        "RedecodeStateEnum": "apps.telemetry.enums.RedecodeState",
        "DeadLetterStateEnum": "apps.telemetry.enums.DeadLetterState",
        "DeadLetterReasonEnum": "apps.telemetry.enums.DeadLetterReason",
        "RefusalEnum": "apps.apikeys.enums.Refusal",
    },
}

LOGGING_CONFIG = "apps.core.logging.configure"
LOGGING = {
    "level": env.env_str("MACHITRY_LOG_LEVEL", "INFO"),
    "json": env.env_bool("MACHITRY_LOG_JSON", True),
}
# gis.W001: Debian 12 ships GDAL 3.6. The portal reads no spatial reference or raster from outside.
# security.W002: SecurityHeadersMiddleware sends X-Frame-Options with the other headers.
SILENCED_SYSTEM_CHECKS = ["gis.W001", "security.W002"]
