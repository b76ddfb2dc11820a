"""Pages of data sets."""

from django.urls import path

from webapp.datasets import views

app_name = "datasets"

urlpatterns = [
    path("data/", views.datasets, name="list"),
    path("data/<slug:slug>/", views.dataset, name="detail"),
    path("data/<slug:slug>/flow/", views.flow, name="flow"),
    path("data/<slug:slug>/cancel/", views.cancel, name="cancel"),
    path("data/<slug:slug>/prepare/", views.again, name="again"),
    path("data/<slug:slug>/previews/<str:name>", views.preview, name="preview"),
]
