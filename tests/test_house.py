"""The house keeps its own rules: one-way imports, one door a library, small rooms, tested docs."""

import ast
import doctest
import importlib
import re
import resource
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("data", "analysis", "fitting", "planner", "reports")
DOORS = {
    "torch": "data/sampler",
    "transformers": "data/sampler",
    "vllm": "data/sampler",
    "ray": "data/sampler",
    "httpx": "data/sampler",
    "pymc": "fitting/bayes",
    "arviz": "fitting/bayes",
    "statsmodels": "fitting",
    "matplotlib": "reports",
    "jinja2": "reports",
    "typst": "reports",
    "polars": "data",
    "dataframely": "data",
    "numba": "analysis/exact/kernels.py",
    "pickle": "nowhere",
}
"""Where a library may be imported; polars is also let into analysis/counts.py, where tables end."""

SOURCES = sorted(
    path
    for folder in (".", *LAYERS)
    for path in ((ROOT / folder).glob("*.py") if folder == "." else (ROOT / folder).rglob("*.py"))
)
PAGES = ["README.md", *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").glob("*.md"))]
HEAVY = (
    "numba",
    "numpy",
    "polars",
    "pymc",
    "statsmodels",
    "matplotlib",
    "scipy.stats",
    "arviz",
    "pandas",
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def layer_of(path: Path) -> int:
    top = path.relative_to(ROOT).parts[0]
    return LAYERS.index(top) if top in LAYERS else len(LAYERS)


@cache
def imports(path: Path) -> list[tuple[ast.Import | ast.ImportFrom, str, bool]]:
    """(node, dotted module as seen from the root, inside a function?) for each import of a file."""
    tree = ast.parse(path.read_text("utf8"))
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    }
    package = path.relative_to(ROOT).parent.parts
    found: list[tuple[ast.Import | ast.ImportFrom, str, bool]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node, alias.name, id(node) in inner) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            parts = [*base, *(node.module or "").split(".")]
            found.append((node, "." + ".".join(p for p in parts if p), id(node) in inner))
        elif isinstance(node, ast.ImportFrom):
            found.append((node, node.module or "", id(node) in inner))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_run_downwards(path: Path) -> None:
    for _, module, _ in imports(path):
        if module.startswith(".") and module.split(".")[1] in LAYERS:
            assert LAYERS.index(module.split(".")[1]) <= layer_of(path), module


LAZY = tuple(
    ROOT / name
    for name in (
        *("cli.py", "deciding.py", "drawing.py", "laws.py", "ranking.py", "sampling.py"),
        *("across.py", "sizes.py"),
        "__init__.py",
    )
)
"""What must not pay for numpy before it knows what is asked."""


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_stand_at_the_top(path: Path) -> None:
    if path in LAZY or "data/sampler" in name_of(path):
        return
    text = path.read_text("utf8")
    assert "TYPE_CHECKING" not in text
    assert [module for _, module, inside in imports(path) if inside] == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_heavy_library_has_one_door(path: Path) -> None:
    for _, module, _ in imports(path):
        door = DOORS.get(module.split(".")[0])
        counted = module == "polars" and name_of(path) == "analysis/counts.py"
        assert door is None or counted or name_of(path).startswith(door), module


def test_no_import_goes_round() -> None:
    graph: dict[str, set[str]] = {}
    for path in SOURCES:
        own = "." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
        graph[own] = set()
        for node, module, _ in imports(path):
            if not module.startswith("."):
                continue
            names = [f"{module}.{alias.name}" for alias in node.names]
            graph[own] |= {n for n in names if _is_file(n)} or {module}
    seen: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in seen:
            for below in graph.get(name, ()):
                visit(below, (*trail, name))
            seen.add(name)

    for name in graph:
        visit(name, ())


def _is_file(module: str) -> bool:
    return (ROOT / Path(*module.strip(".").split("."))).with_suffix(".py").is_file()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_rooms_are_small_and_open_with_their_sentence(path: Path) -> None:
    text = path.read_text("utf8")
    assert text.count("\n") <= 300, "a file this long wants to become two"
    tree = ast.parse(text)
    sentence = ast.get_docstring(tree)
    assert sentence, "a file opens with its sentence"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            doc = ast.get_docstring(node, clean=False)
            lines = node.end_lineno - node.lineno + 1 - (doc.count("\n") + 1 if doc else 0)  # type: ignore[operator]
            assert lines <= 40, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", [p for p in SOURCES if ">>>" in p.read_text("utf8")], ids=name_of)
def test_docstring_examples_run(path: Path) -> None:
    module = importlib.import_module(
        ".".join(("apportion", *path.relative_to(ROOT).with_suffix("").parts))
    )
    assert doctest.testmod(module).failed == 0


def test_the_face_exists() -> None:
    import apportion

    for name in apportion.__all__:
        assert getattr(apportion, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = apportion.nothing


def test_help_is_cheap_and_loads_nothing_heavy() -> None:
    listing = (
        "import sys\nfrom apportion.cli import main\nmain(['--help'])\n"
        "print('LOADED', *list(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split("LOADED")[1].split())
    assert not loaded & set(HEAVY)
    floor = min(_cpu([sys.executable, "-c", "pass"]) for _ in range(3))
    cost = min(_cpu([sys.executable, "-m", "apportion", "--help"]) for _ in range(3))
    assert cost < 15 * floor


def _cpu(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def commands() -> list[str]:
    from apportion.cli import cli

    return sorted(cli.commands)


@pytest.mark.parametrize("command", commands())
def test_every_command_has_an_example_and_is_in_the_readme(command: str) -> None:
    from apportion.cli import cli

    help_text = cli.commands[command].help or ""
    assert f"Example:  apportion {command}" in help_text
    assert f"apportion {command}" in (ROOT / "README.md").read_text("utf8")


def test_the_map_in_the_readme_is_the_tree() -> None:
    text = (ROOT / "README.md").read_text("utf8")
    block = text.split("<!-- map -->")[1]
    named = set(re.findall(r"^([a-z]+)/", block, flags=re.MULTILINE))
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    folders = {p.split("/")[0] for p in tracked if "/" in p and not p.startswith(".")}
    assert named == folders


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text("utf8")):
        if "://" not in target:
            assert ((ROOT / page).parent / target).exists(), target
