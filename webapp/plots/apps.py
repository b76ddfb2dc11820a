from django.apps import AppConfig


class PlotsConfig(AppConfig):
    name = "webapp.plots"
    label = "plots"
