"""Addresses of the API."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from webapp.api.v1 import datasets, documents, exports, history, judgements, methods, runs

app_name = "api"

urlpatterns = [
    path("v1/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("v1/methods/", methods.Methods.as_view()),
    path("v1/methods/<str:slug>/", methods.OneMethod.as_view()),
    path("v1/datasets/", datasets.Datasets.as_view()),
    path("v1/datasets/<str:dataset_id>/", datasets.OneDataset.as_view()),
    path("v1/datasets/<str:dataset_id>/prepare/", datasets.PrepareDataset.as_view()),
    path("v1/datasets/<str:dataset_id>/cancel/", datasets.CancelDataset.as_view()),
    path("v1/runs/", runs.Runs.as_view()),
    path("v1/runs/<str:run_id>/", runs.OneRun.as_view()),
    path("v1/runs/<str:run_id>/do/<str:verb>/", runs.RunVerb.as_view()),
    path("v1/runs/<str:run_id>/fork/", runs.ForkRun.as_view()),
    path("v1/runs/<str:run_id>/documents/<str:name>/", documents.RunDocument.as_view()),
    path("v1/runs/<str:run_id>/genomes/", history.Genomes.as_view()),
    path("v1/runs/<str:run_id>/genomes/<str:birth>/", history.OneGenome.as_view()),
    path("v1/runs/<str:run_id>/events/", history.Events.as_view()),
    path("v1/runs/<str:run_id>/points/", history.RunPoints.as_view()),
    path("v1/runs/<str:run_id>/judgements/", judgements.RunJudgements.as_view()),
    path("v1/runs/<str:run_id>/exports/", exports.RunExports.as_view()),
    path("v1/exports/<str:export_id>/", exports.OneExport.as_view()),
    path("v1/exports/<str:export_id>/cancel/", exports.CancelExport.as_view()),
    path("v1/exports/<str:export_id>/download/", exports.DownloadExport.as_view()),
]
