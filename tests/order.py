"""In which order test files run, and which of them stay together in one of the parallel processes."""

from pathlib import PurePosixPath

BROWSER = "tests/browser"
"""One product and one browser serve the whole folder, so it stays together; nothing takes longer."""

LONGEST = (
    BROWSER,
    "tests/live/test_faults.py",
    "tests/live/test_resume.py",
    "tests/live/test_launcher.py",
    "tests/live/test_launcher_demo.py",
    "tests/live/test_socket.py",
    "tests/live/test_full_disk.py",
    "tests/live/test_launcher_worker.py",
    "tests/live/test_embedded_servers.py",
    "tests/engine/driver/test_local.py",
    "tests/engine/cli/test_cli.py",
    "tests/engine/export/test_bundle.py",
    "tests/engine/methods/assemblenet/test_evaluate.py",
    "tests/engine/methods/evanet/test_claims.py",
    "tests/engine/export/test_flow.py",
    "tests/engine/driver/test_failures.py",
    "tests/engine/jobs/test_training_process.py",
    "tests/contracts/test_methods.py",
    "tests/engine/cli/test_calibrate.py",
)
"""As measured, the longest first: one that began last would leave the other processes idle. Files that are
not named follow in the order of their paths."""


def together(nodeid: str) -> str:
    """What runs in one process, one test after the other: a file, or the folder of the browser tests."""
    path = nodeid.partition("::")[0]
    return BROWSER if PurePosixPath(path).is_relative_to(BROWSER) else path


def place(nodeid: str) -> int:
    """A number that is smaller for what shall begin earlier."""
    unit = together(nodeid)
    return LONGEST.index(unit) if unit in LONGEST else len(LONGEST)
