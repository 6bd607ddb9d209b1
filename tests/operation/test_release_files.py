"""What a release brings beside the package: a unit that systemd accepts, and a bill of materials that is true."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "scripts/data/operation/countersign.service"
SETTINGS = re.compile(r"^Environment=(COUNTERSIGN_[A-Z_]+)=", re.MULTILINE)
NAME = re.compile(r"[A-Za-z0-9._-]+")
LINES_MAX = 250  # of the changelog, until the second release


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze on PATH: on Debian and Ubuntu, apt-get install systemd")
    unit = tmp_path / "countersign.service"
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/countersign/bin/countersign", sys.executable))
    done = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    unit.write_text(unit.read_text("utf-8").replace("ProtectHome=yes", "ProtectHome=perhaps"))
    wrong = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert "ProtectHome" in wrong.stderr


def test_the_unit_sets_folders_that_it_may_write_to() -> None:
    text = UNIT.read_text("utf-8")
    assert {"COUNTERSIGN_DATA", "COUNTERSIGN_KEYS", "COUNTERSIGN_PROOF"} <= set(SETTINGS.findall(text))
    folders = re.findall(r"^Environment=\w+=/var/lib/([\w-]+)", text, re.MULTILINE)
    (states,) = re.findall(r"^StateDirectory=(.*)$", text, re.MULTILINE)
    assert set(folders) == set(states.split())


@pytest.fixture(scope="module")
def components(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The packages of the bill of materials, with their versions."""
    file = tmp_path_factory.mktemp("release") / "sbom.json"
    done = subprocess.run([ROOT / "scripts/sbom", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bill = json.loads(file.read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    return {component["name"]: component["version"] for component in bill["components"]}


def test_the_bill_of_materials_has_what_is_installed(components: dict[str, str]) -> None:
    wanted = {
        match[0].lower()
        for line in requires("countersign") or []
        if "extra" not in line and (match := NAME.match(line))
    }
    assert wanted - components.keys() <= {"uvloop"}
    assert "pytest" not in components
    for name in wanted & components.keys():
        assert distribution(name).version == components[name]


def test_nothing_at_run_time_is_under_gpl_or_agpl(components: dict[str, str]) -> None:
    for name in components:
        try:
            about = distribution(name).metadata
        except ModuleNotFoundError:
            continue  # of another platform
        fields = ("License-Expression", "License", "Classifier")
        lines = [line for field in fields for line in about.get_all(field) or ()]
        licences = " ".join(line[:200] for line in lines)
        assert not re.search(r"(?<!L)A?GPL|Affero|(?<!Lesser )General Public", licences), (name, licences)


def as_before_the_release(clone: Path) -> None:
    """Take back, in *clone*, what a release of this very version has done: its tag, and the date in the changelog."""
    released = distribution("countersign").version
    git = ["git", "-C", str(clone), "-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run([*git, "tag", "--delete", f"v{released}"], capture_output=True, check=False)
    changelog = clone / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    before = re.sub(rf"(?m)^## \[{re.escape(released)}\] - .*$", "## [Unreleased]", text, count=1)
    if before != text:
        changelog.write_text(before, encoding="utf-8")
        subprocess.run([*git, "commit", "--quiet", "--all", "--message", "Take the date back"], check=True)


def test_a_release_is_ready_but_for_its_tag_and_says_what_is_missing(tmp_path: Path) -> None:
    """In a clone: the command looks at what is committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--shared", ROOT, clone], check=True)
    (clone / ".tools").symlink_to(ROOT / ".tools")
    as_before_the_release(clone)
    command = [str(clone / "scripts/release"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ready = f"{distribution('countersign').version} can be released.\n"
    assert (done.returncode, done.stdout) == (0, ready), done.stderr

    (clone / "CHANGELOG.md").write_text("## [9.9.9] - 2026-01-01\n", encoding="utf-8")
    (next((clone / "tests/samples/openapi").iterdir())).unlink()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for missing in ("not committed", "does not begin with [Unreleased]", ".json is missing"):
        assert missing in done.stderr


def test_the_changelog_can_be_read_by_a_newcomer() -> None:
    assert len((ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()) <= LINES_MAX
