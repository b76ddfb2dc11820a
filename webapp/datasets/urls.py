"""Pages of data sets."""

from django.urls import path

from webapp.datasets import views

app_name = "datasets"

urlpatterns = [
    path("data/", views.datasets, name="list"),
    path("data/<slug:slug>/", views.dataset, name="detail"),
    path("data/<slug:slug>/previews/<str:name>", views.preview, name="preview"),
]
