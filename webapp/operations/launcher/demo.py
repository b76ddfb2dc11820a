"""The demo as the terminal shows it: launch, progress, export, summary."""

import shutil
import time
from typing import Any

from django.db import DatabaseError, connection

from searchengine.jobs.store import Store
from webapp.config.var import store_folder, var_folder
from webapp.exports.models import Export, ExportState
from webapp.exports.services.ask import ask_for_export
from webapp.operations.launcher.terminal import Terminal
from webapp.searches import states
from webapp.searches.demo import launch_demo
from webapp.searches.models import SearchRun

SAY_EVERY = 10.0
"""Seconds between progress lines where they cannot replace each other."""


class Demo:
    """One demo run with its control, from launch to checked export. `exit_code` counts once it is over.

    The control starts when the run has ended. `with_control` waits for its end too.
    """

    def __init__(self, method: str, terminal: Terminal, url: str, *, with_control: bool) -> None:
        self.method = method
        self.terminal = terminal
        self.url = url
        self._with_control = with_control
        self.exit_code = 1
        self._run = 0
        self._export: int | None = None
        self._began = time.monotonic()
        self._said = 0.0
        self._line = ""

    def launch(self) -> None:
        """Launch it, or find the one an earlier start launched."""
        self._run = launch_demo(self.method).pk
        self.terminal.say(f"  the {self.method} demo: {self._page()}")

    def over(self) -> bool:
        """One look; True once all that is waited for has ended, well or not."""
        try:
            return self._look()
        except DatabaseError:  # it is being started again; rows wait
            connection.close()
            return False

    def _look(self) -> bool:
        run = SearchRun.objects.get(pk=self._run)
        family = [run, *SearchRun.objects.filter(control_of=run)]
        self._show(family)
        if not run.ended:
            return run.state == states.State.BROKEN  # waits for a person
        if run.state == states.State.FINISHED and not self._exported(run):
            return False
        return not self._with_control or all(member.ended for member in family)

    def _exported(self, run: SearchRun) -> bool:
        if self._export is None:
            self._export = ask_for_export(run=run, actor=None).pk
        export = Export.objects.get(pk=self._export)
        return export.state in {ExportState.READY, ExportState.FAILED, ExportState.CANCELLED}

    def conclude(self) -> None:
        """Say what came out, and set the exit code."""
        run = SearchRun.objects.get(pk=self._run)
        export = Export.objects.filter(pk=self._export).first() if self._export else None
        checked = bool(export and export.state == ExportState.READY)
        self.exit_code = 0 if run.state == states.State.FINISHED and checked else 1
        found = self._summary(run, export)
        self.terminal.say(f"  {run.name}: {run.get_state_display()}, {self._best(run)}")
        for control in SearchRun.objects.filter(control_of=run):
            self.terminal.say(
                f"  {control.name} (control): {control.get_state_display()}, {self._best(control)}"
            )
        if run.error:
            self.terminal.say(f"  {run.error.splitlines()[0]}")
        if export and checked:
            self.terminal.say(f"  checked export: {found['export']}")
        elif export:
            self.terminal.say(f"  the export failed: {(export.error or 'no reason given').splitlines()[0]}")
        self.terminal.result(found)

    def _show(self, family: list[SearchRun]) -> None:
        line = "  " + " | ".join(map(self._state, family))
        now = time.monotonic()
        if line != self._line and (self.terminal.out.isatty() or now - self._said >= SAY_EVERY):
            self.terminal.progress(line)
            self._line, self._said = line, now

    def _summary(self, run: SearchRun, export: Export | None) -> dict[str, Any]:
        controls = SearchRun.objects.filter(control_of=run)
        return {
            "address": self.url,
            "run": self._page(),
            "state": run.state,
            "method": run.method,
            "evaluations": run.evaluations_done,
            "reused": run.reused,
            "best_fitness": run.best_fitness,
            "controls": [
                {"method": control.method, "state": control.state, "best_fitness": control.best_fitness}
                for control in controls
            ],
            "seconds": round(time.monotonic() - self._began, 1),
            "export": _copied(export) if export and export.sha256 else None,
            "error": run.error or (export.error if export else ""),
        }

    def _state(self, run: SearchRun) -> str:
        name = "control" if run.control_of_id else self.method
        return f"{name}: {run.get_state_display()}, {run.evaluations_said}, {self._best(run)}"

    def _page(self) -> str:
        return f"{self.url}runs/{self._run}/"

    @staticmethod
    def _best(run: SearchRun) -> str:
        return "nothing scored yet" if run.best_fitness is None else f"best {run.best_fitness:.4f}"


def _copied(export: Export) -> str:
    """The export under a name people can read, `var/exports/<method>-<run>.zip`."""
    target = var_folder("exports") / f"{export.run.method}-{export.run_id}.zip"
    draft = target.with_suffix(".new")
    shutil.copyfile(Store(store_folder()).path(export.sha256), draft)
    draft.replace(target)
    return str(target)
