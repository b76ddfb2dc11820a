"""Finds the Chromium that browser tests drive; installs the system's package where that is allowed."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def chromium() -> str | None:
    """The program of EVOSCOPE_CHROMIUM, or the first one found; None when there is none."""
    named = os.environ.get("EVOSCOPE_CHROMIUM", "")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def install() -> bool:
    """Install the package as root on Debian or its kin. True when Chromium is there afterwards."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print("Installing the system package chromium for the browser tests", flush=True)
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode != 0:
            print(f"{' '.join(command)} failed:\n{done.stderr}", file=sys.stderr)
    return chromium() is not None


if __name__ == "__main__":
    if chromium() is None and not install():
        sys.exit(
            "The browser tests need Chromium. Install it (Debian, Ubuntu: apt install chromium; Fedora: "
            "dnf install chromium; macOS: brew install chromium), or name a Chrome in EVOSCOPE_CHROMIUM."
        )
