"""Addresses of sockets."""

from django.urls import path

from webapp.searches.consumers import RunConsumer

websocket_urlpatterns = [path("ws/runs/<str:run_id>/", RunConsumer.as_asgi())]
