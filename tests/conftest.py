"""What every test runs under."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apportion.cli import main


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Plans are cached in a folder of the run, never at home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APPORTION_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest test begins first; at the end it would keep one worker busy, the others idle."""
    items.sort(key=lambda item: item.path.name != "test_wheel.py")


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line in an empty folder, in this process: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def once(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = 0
        try:
            main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return once
