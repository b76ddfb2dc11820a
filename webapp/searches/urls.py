"""Pages of searches."""

from django.urls import path

from webapp.searches.views import analysis, document, genome, home, launch, run

app_name = "searches"

urlpatterns = [
    path("", home.runs, name="runs"),
    path("launch/", launch.methods, name="launch"),
    path("launch/<slug:slug>/", launch.launch, name="launch-method"),
    path("launch/<slug:slug>/example/", launch.launch_example, name="launch-example"),
    path("runs/<int:run_id>/", run.run, name="run"),
    path("runs/<int:run_id>/live/", run.run_live, name="run-live"),
    path("runs/<int:run_id>/do/<slug:name>/", run.verb, name="verb"),
    path("runs/<int:run_id>/analysis/", analysis.analysis, name="analysis"),
    path("runs/<int:run_id>/panels/", analysis.panels, name="panels"),
    path("runs/<int:run_id>/lineage/", analysis.lineage, name="lineage"),
    path("runs/<int:run_id>/documents/<slug:name>.json", document.document, name="document"),
    path("runs/<int:run_id>/genomes/", genome.genomes, name="genomes"),
    path("runs/<int:run_id>/genomes/<int:number>/", genome.genome, name="genome"),
    path("runs/<int:run_id>/genomes/<int:number>/drawing.svg", genome.drawing_file, name="genome-drawing"),
    path(
        "runs/<int:run_id>/genomes/<int:number>/network-picture.svg",
        genome.picture_file,
        {"what": "network"},
        name="network-picture",
    ),
    path(
        "runs/<int:run_id>/genomes/<int:number>/change-picture.svg",
        genome.picture_file,
        {"what": "change"},
        name="change-picture",
    ),
]
