"""System checks of our own, each with an id and what to do."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security, deploy=True)
def hosts_are_named(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """A wildcard would let a forged Host header through."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Error(
            "ALLOWED_HOSTS holds '*', so any Host header is believed.",
            hint="Name the hosts people type, separated by commas, in EVOSCOPE_ALLOWED_HOSTS.",
            id="evoscope.E001",
        )
    ]


@register(Tags.security, deploy=True)
def scripts_are_not_inline(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """The policy must keep out script that stands in a page."""
    if "'unsafe-inline'" not in settings.CONTENT_SECURITY_POLICY.get("script-src", ()):
        return []
    return [
        Error(
            "The content policy allows inline script.",
            hint="Put the script into a file under static/js, or allow its sha256 alone.",
            id="evoscope.E002",
        )
    ]


@register()
def lease_outlives_its_renewal(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """A lease that is renewed too rarely is lost by a healthy worker."""
    if settings.RENEW_SECONDS * 3 <= settings.LEASE_SECONDS:
        return []
    return [
        Error(
            f"A lease of {settings.LEASE_SECONDS} s renewed every {settings.RENEW_SECONDS} s is lost by two "
            "late renewals.",
            hint="Set EVOSCOPE_RENEW_SECONDS to a third of EVOSCOPE_LEASE_SECONDS or less.",
            id="evoscope.E003",
        )
    ]


@register()
def sweep_is_frequent(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """A dead worker is noticed one lease and one sweep after its last sign of life."""
    if settings.SWEEP_SECONDS <= settings.LEASE_SECONDS / 3:
        return []
    return [
        Warning(
            f"Leases of {settings.LEASE_SECONDS} s are swept only every {settings.SWEEP_SECONDS} s.",
            hint="Set EVOSCOPE_SWEEP_SECONDS to a third of EVOSCOPE_LEASE_SECONDS or less.",
            id="evoscope.W004",
        )
    ]
