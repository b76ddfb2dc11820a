"""A misconfiguration is found before it hurts."""

from django.test import override_settings

from webapp.config import checks


def test_the_settings_of_the_project_pass() -> None:
    for check in (
        checks.hosts_are_named,
        checks.scripts_are_not_inline,
        checks.lease_outlives_its_renewal,
        checks.sweep_is_frequent,
    ):
        assert check(None) == []


@override_settings(
    ALLOWED_HOSTS=["*"],
    CONTENT_SECURITY_POLICY={"script-src": ("'self'", "'unsafe-inline'")},
    LEASE_SECONDS=3.0,
    RENEW_SECONDS=2.0,
    SWEEP_SECONDS=2.0,
)
def test_each_misconfiguration_has_its_id_and_a_hint() -> None:
    found = [
        *checks.hosts_are_named(None),
        *checks.scripts_are_not_inline(None),
        *checks.lease_outlives_its_renewal(None),
        *checks.sweep_is_frequent(None),
    ]
    assert [message.id for message in found] == [
        "evoscope.E001",
        "evoscope.E002",
        "evoscope.E003",
        "evoscope.W004",
    ]
    assert all(message.hint for message in found)
