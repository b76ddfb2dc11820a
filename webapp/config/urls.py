"""Every address of the product."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from webapp.operations.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", health, name="health"),
    path("plots/", include("django_plotly_dash.urls")),
]
for prefix, module in [
    ("api/", "webapp.api.urls"),
    ("", "webapp.accounts.urls"),
    ("", "webapp.datasets.urls"),
    ("", "webapp.searches.urls"),
    ("", "webapp.exports.urls"),
]:
    if find_spec(module):
        urlpatterns.append(path(prefix, include(module)))
