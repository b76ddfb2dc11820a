"""Every address of the product."""

from django.urls import include, path

from webapp.operations.health import health

urlpatterns = [
    path("health/", health, name="health"),
    path("api/", include("webapp.api.urls")),
    path("plots/", include("django_plotly_dash.urls")),
    path("", include("webapp.accounts.urls")),
    path("", include("webapp.datasets.urls")),
    path("", include("webapp.searches.urls")),
    path("", include("webapp.exports.urls")),
    path("", include("webapp.judging.urls")),
]

handler500 = "webapp.config.faults.fault"
