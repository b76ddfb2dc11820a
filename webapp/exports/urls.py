"""Pages of exports."""

from django.urls import path

from webapp.exports import views

app_name = "exports"

urlpatterns = [
    path("runs/<int:run_id>/export/", views.new, name="new"),
    path("exports/<int:export_id>/", views.export, name="detail"),
    path("exports/<int:export_id>/state/", views.state, name="state"),
    path("exports/<int:export_id>/download/", views.download, name="download"),
]
