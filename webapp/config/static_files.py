"""Static files, compressed when they are first asked for.

Nothing is collected: files lie where they are installed, often where nobody may write. Their gzip
copies are kept in `var/static`, which may be deleted while nothing runs.
"""

import gzip
import hashlib
import logging
import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.http import HttpRequest
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from webapp.config.var import var_folder

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".js", ".css", ".svg", ".json"})
LEAST_BYTES = 4096
"""What is smaller fits into a few packets anyway."""


class CompressedFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise over installed files, with a gzip copy of each large text beside them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._looked_at: set[str] = set()
        super().__init__(*args, **kwargs)

    def __call__(self, request: HttpRequest) -> Any:
        url = request.path_info
        if url not in self._looked_at and url in self.files:
            self._add_copy(url)
            self._looked_at.add(url)
        return super().__call__(request)

    def _add_copy(self, url: str) -> None:
        """Two threads may do it at once; both write the same."""
        found = self.files[url]
        if not isinstance(found, StaticFile) or len(found.alternatives) > 1:
            return  # a redirect, or a copy lies beside it already
        _, path, headers = found.alternatives[0]
        try:
            copy = gzip_copy(Path(path), var_folder("static"))
        except OSError as error:
            log.warning("%s is served uncompressed: %s", url, error)
            return
        if copy is not None:
            self.files[url] = StaticFile(path, headers, encodings={"gzip": str(copy)})


def gzip_copy(path: Path, folder: Path) -> Path | None:
    """The copy of a file in `folder`, written when it is not there; None where it would save nothing.

    A file that changed gets another copy. Raises OSError when it cannot be read or written.
    """
    known = path.stat()
    if path.suffix not in SUFFIXES or known.st_size < LEAST_BYTES:
        return None
    name = hashlib.sha256(f"{path}\n{known.st_size}\n{known.st_mtime_ns}".encode()).hexdigest()[:32]
    copy = folder / f"{name}.gz"
    if not copy.exists():
        with NamedTemporaryFile(dir=folder, suffix=".new", delete=False) as draft:
            draft.write(gzip.compress(path.read_bytes(), 6, mtime=0))
        os.replace(draft.name, copy)
    return copy
