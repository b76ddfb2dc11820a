"""Pages of judgements."""

from django.urls import path

from webapp.judging import views

app_name = "judging"

urlpatterns = [path("runs/<int:run_id>/test/", views.test, name="test")]
