"""The wheel works in an empty environment, away from the checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    copy = folder / "source"
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    # The build's own requirement, setuptools, stands in the test environment already.
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, copy],
        check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"apportion", next(t for t in tops if t.endswith(".dist-info"))}
    assert not any(name.startswith(("apportion/tests", "apportion/build")) for name in names)
    for needed in ("cli.py", "py.typed", "data/examples/smollm2/manifest.json"):
        assert f"apportion/{needed}" in names
    assert any(name.startswith("apportion/reports/templates/") for name in names)


def test_the_wheel_runs_the_demo_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """The wheel goes into an empty environment; what it depends on is seen through a path file."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    python = venv / "bin" / "python"
    install = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(install, check=True)
    site = next((venv / "lib").glob("python*")) / "site-packages"
    theirs = _site_packages_without_apportion(tmp_path)
    (site / "borrowed.pth").write_text(f"{theirs}\n")
    _lend_compiled(site / "apportion")
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "MYPYPATH")}
    run = subprocess.run(
        [venv / "bin" / "apportion", "demo", "--out", "out"],
        cwd=tmp_path, env=clean, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    where = [str(python), "-c", "import apportion; print(apportion.__file__)"]
    found = subprocess.run(
        where, cwd=tmp_path, env=clean, capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()).is_relative_to(venv)
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF")


def _lend_compiled(package: Path) -> None:
    """Copies the checkout's compiled loops, which numba takes for a source of the same age."""
    for made in ROOT.glob("*/**/__pycache__/*.nb[ci]"):
        source = made.parent.parent / f"{made.name.split('.')[0]}.py"
        theirs = package / source.relative_to(ROOT)
        if theirs.is_file() and theirs.read_bytes() == source.read_bytes():
            theirs.parent.joinpath("__pycache__").mkdir(exist_ok=True)
            shutil.copy2(made, theirs.parent / "__pycache__" / made.name)
            shutil.copystat(source, theirs)


def _site_packages_without_apportion(folder: Path) -> Path:
    """Links every installed package but our own editable one."""
    import click

    borrowed = folder / "borrowed"
    borrowed.mkdir()
    for entry in Path(click.__file__).parent.parent.iterdir():
        if "apportion" not in entry.name and not entry.name.endswith(".pth"):
            (borrowed / entry.name).symlink_to(entry)
    return borrowed
