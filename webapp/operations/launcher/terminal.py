"""What the launcher says: people read stderr or stdout, scripts one JSON object."""

import json
import sys
from dataclasses import dataclass, field
from typing import Any, TextIO


@dataclass
class Terminal:
    """With `machine` all words go to stderr and stdout holds one JSON object alone."""

    machine: bool = False
    _open: bool = field(default=False, repr=False)
    """Whether the last line was a progress line, to be written over."""

    @property
    def out(self) -> TextIO:
        """Where words go."""
        return sys.stderr if self.machine else sys.stdout

    def say(self, line: str = "") -> None:
        """A line that stays."""
        self._close()
        print(line, file=self.out, flush=True)

    def progress(self, line: str) -> None:
        """A line that the next one replaces, on a screen; elsewhere an ordinary one."""
        if not self.out.isatty():
            self.say(line)
            return
        self.out.write(f"\r\x1b[K{line}")
        self.out.flush()
        self._open = True

    def result(self, found: dict[str, Any]) -> None:
        """The one object for scripts."""
        self._close()
        if self.machine:
            print(json.dumps(found), flush=True)

    def _close(self) -> None:
        if self._open:
            self.out.write("\n")
            self._open = False
