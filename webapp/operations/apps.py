"""Operations: servers, launcher, health."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "webapp.operations"
    label = "operations"

    def ready(self) -> None:
        from webapp.config import checks  # noqa: F401  registers them
