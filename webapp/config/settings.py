"""Django's settings. Reading them starts no server: see `webapp.operations.servers` for that."""

from typing import Any

from django.core.management.utils import get_random_secret_key

from webapp.config import env, redis
from webapp.config.content_policy import POLICY
from webapp.config.database import database
from webapp.config.var import HOME, secret, store_folder, var

BASE_DIR = HOME
VAR = var()
STORE = store_folder()
METHODS_PATH = env.folders("EVOSCOPE_METHODS_PATH")

SECRET_KEY = env.text("EVOSCOPE_SECRET_KEY") or secret("secret-key", get_random_secret_key)
DEBUG = env.flag("EVOSCOPE_DEBUG")
ALLOWED_HOSTS = env.words("EVOSCOPE_ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]"))
CSRF_TRUSTED_ORIGINS = env.words("EVOSCOPE_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "webapp.accounts",
    "webapp.datasets",
    "webapp.searches",
    "webapp.exports",
    "webapp.judging",
    "webapp.operations",
    "webapp.plots",
    "webapp.api",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "django_plotly_dash",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "webapp.config.content_policy.ContentPolicyMiddleware",
    "webapp.config.static_files.CompressedFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_plotly_dash.middleware.BaseMiddleware",
]

ROOT_URLCONF = "webapp.config.urls"
ASGI_APPLICATION = "webapp.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HOME / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Rows ------------------------------------------------------------------------------------------------

DATABASES: dict[str, Any] = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People ----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/signin/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/signin/"

# Bells: Redis carries messages, never truth ----------------------------------------------------------

REDIS_URL = redis.redis_url()
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}

# Leases and deadlines, in seconds; tests shorten them in proportion ----------------------------------

LEASE_SECONDS = env.seconds("EVOSCOPE_LEASE_SECONDS", 15.0)
RENEW_SECONDS = env.seconds("EVOSCOPE_RENEW_SECONDS", LEASE_SECONDS / 5)
SWEEP_SECONDS = env.seconds("EVOSCOPE_SWEEP_SECONDS", 3.0)
PAUSE_SECONDS = env.seconds(
    "EVOSCOPE_PAUSE_SECONDS", 30.0
)  # what ends within it may finish when a run pauses
KILL_SECONDS = env.seconds("EVOSCOPE_KILL_SECONDS", 4.0)  # a killed run's training processes are gone by then
STALL_SECONDS = env.seconds("EVOSCOPE_STALL_SECONDS", 120.0)  # no progress for so long is a hang
SESSION_CHECK_SECONDS = env.seconds(
    "EVOSCOPE_SESSION_CHECK_SECONDS", 15.0
)  # an open socket's role is read again
DEVICE = next(iter(env.devices("EVOSCOPE_DEVICE")), "cpu")  # where this process trains, or times recipes for
TRAINING_MEMORY_BYTES = env.whole(
    "EVOSCOPE_TRAINING_MEMORY_BYTES", 0, least=0, most=2**50
)  # 0: a core's share
CALIBRATE = env.flag("EVOSCOPE_CALIBRATE", True)  # time recipes when this machine first meets a size of data
DISK_WARN_SHARE = 0.10
DISK_PAUSE_SHARE = 0.05

# Pages -----------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [HOME / "static"] if (HOME / "static").is_dir() else []
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "webapp.config.dash_files.DashAssetFinder",
    "webapp.config.dash_files.DashComponentFinder",
    "webapp.config.dash_files.DashAppDirectoryFinder",
]
STATIC_ROOT = None  # nothing is collected: files are served from where they are installed
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

PLOTLY_DASH = {
    "serve_locally": True,
    "stateless_loader": None,
    "view_decorator": "django_plotly_dash.access.login_required",
}
PLOTLY_COMPONENTS = ["dpd_components", "dash_cytoscape"]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# Protection ------------------------------------------------------------------------------------------

BEHIND_TLS = env.flag("EVOSCOPE_BEHIND_TLS")
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_HSTS_PRELOAD = BEHIND_TLS
SECURE_REDIRECT_EXEMPT = [r"^health/$"]  # the launcher asks from the same machine, without TLS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = POLICY
TRUSTED_PROXIES = env.words("EVOSCOPE_TRUSTED_PROXIES")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000

# API -------------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Evoscope API",
    "DESCRIPTION": "Launch, watch and take away evolutionary searches.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+",
}

# What is said to the log -----------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("EVOSCOPE_LOG_LEVEL", "INFO").upper()},
}
