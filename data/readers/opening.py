"""Opening other people's files: bounded lines, JSON read piece by piece, nothing believed."""

import gzip
import io
import json
import lzma
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ..errors import InputError, shown

if sys.version_info >= (3, 14):
    import zipfile as zipfile

    from compression.zstd import ZstdError
else:  # both know a class BadZipFile of their own
    from backports.zstd import ZstdError
    from backports.zstd import zipfile as zipfile

BROKEN = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    ZstdError,
)
"""What damaged packed files make their readers say."""
LINE = 1 << 26
"""The most bytes of one line, or of one element of a JSON array."""
WHOLE = 1 << 31
"""The most bytes of a JSON file that has to be read as one."""
RATIO, SPARE = 250, 1 << 26
"""A packed file may unpack to RATIO times its bytes and SPARE more; a bomb is far beyond."""
_PIECE = 1 << 18
_BOM = b"\xef\xbb\xbf"
_SPACE = " \t\r\n"
Record = dict[str, Any]


def ending(path: Path) -> str:
    """Returns the ending that says what a file holds, without the `.gz` of a packed one.

    >>> ending(Path("samples.JSONL.gz"))
    '.jsonl'
    """
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix == ".gz" else suffix


class Bounded(io.RawIOBase):
    """A stream that ends with an error instead of unpacking far more than it was packed from."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, packed: int, where: str):
        super().__init__()
        self._stream, self._where = stream, where
        self._limit = self._left = SPARE + RATIO * packed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise InputError(
                f"{self._where}: must unpack to at most {self._limit:,} bytes"
                f" ({RATIO} times its size); it unpacks to more"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def opened(path: Path) -> IO[bytes]:
    """Opens a file for reading, unpacking `.gz` within bounds.

    Raises:
        InputError: it is not there, or a folder.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.suffix.lower() != ".gz":
        return path.open("rb")
    return io.BufferedReader(Bounded(gzip.open(path), path.stat().st_size, str(path)))


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yields the lines that are not blank with their numbers, 1 first.

    Raises:
        InputError: a line is longer than LINE, or a packed file is torn.
    """
    with opened(path) as file:
        number = 0
        while line := _line(file, path, number + 1):
            number += 1
            text = line.removeprefix(_BOM) if number == 1 else line
            if text.strip():
                yield number, text


def _line(file: IO[bytes], path: Path, number: int) -> bytes:
    try:
        line = file.readline(LINE + 1)
    except InputError:
        raise
    except BROKEN as error:
        raise InputError(f"{path}: line {number}: cannot be read ({error})") from error
    if len(line) > LINE:
        raise InputError(f"{path}: line {number}: a line must have at most {LINE:,} bytes")
    return line


def objects(path: Path) -> Iterator[tuple[int, Record]]:
    """Yields the JSON objects of a file with one on each line, with their line numbers.

    Raises:
        InputError: a line is no JSON object, or states a key twice.
    """
    for number, line in lines(path):
        yield number, an_object(line, f"{path}: line {number}")


def an_object(line: bytes, where: str) -> Record:
    """Returns the JSON object of a line.

    Raises:
        InputError: as `parsed`, or it is another value.
    """
    value = parsed(line, where)
    if not isinstance(value, dict):
        raise InputError(f"{where}: must be a JSON object; got {shown(value)}")
    return value


def parsed(data: bytes | str, where: str) -> Any:
    """Returns the value of a JSON text.

    Raises:
        InputError: it is none, nests too deeply, or an object states a key twice.
    """
    try:
        text = data.decode("utf8") if isinstance(data, bytes) else data
        return DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error, where) from error


def document(path: Path) -> Any:
    """Returns the value of a file that is one JSON text.

    Raises:
        InputError: as `parsed`, or it has more than WHOLE bytes.
    """
    with opened(path) as file:
        try:
            data = file.read(WHOLE + 1)
        except InputError:
            raise
        except BROKEN as error:
            raise InputError(f"{path}: cannot be read ({error})") from error
    if len(data) > WHOLE:
        raise InputError(f"{path}: a JSON file must have at most {WHOLE:,} bytes")
    return parsed(data.removeprefix(_BOM), str(path))


def elements(stream: IO[bytes], where: str) -> Iterator[Any]:
    """Yields the elements of a JSON array, holding one at a time.

    Raises:
        InputError: it is no array, is torn, or an element is longer than LINE.
    """
    with io.TextIOWrapper(stream, "utf8") as reader:
        yield from _elements(reader, where)


def _elements(reader: io.TextIOWrapper, where: str) -> Iterator[Any]:
    text, at, number, end, decode = "", 0, 0, False, _Counting().raw_decode
    while True:
        text, at = text[at:], 0
        more = _more(reader, where)
        end, text = not more, text + more
        text = text if number else text.lstrip(_SPACE)
        if not number and text and text[0] != "[":
            raise InputError(f"{where}: must be a JSON array; got {shown(text[:20])}")
        at = 1 if not number and text else 0
        while True:
            at = _skip(text, at, _SPACE + ("," if number else ""))
            if text[at : at + 1] == "]":
                return
            try:
                value, after = decode(text, at)
            except (ValueError, RecursionError) as error:
                if end or isinstance(error, Twice | RecursionError) or len(text) - at > LINE:
                    raise _unreadable(error, f"{where}: element {number + 1}") from error
                break
            if after == len(text) and not end:
                break  # a number may go on in the next piece
            at, number = after, number + 1
            yield value
        if not number:
            at = 0


class _Counting:
    """Decodes quickly; with care only where its keys are not as many as the text states."""

    def __init__(self) -> None:
        self._keys = 0
        self._fast = json.JSONDecoder(object_hook=self._count)

    def _count(self, made: Record) -> Record:
        self._keys += len(made)
        return made

    def raw_decode(self, text: str, at: int) -> tuple[Any, int]:
        self._keys = 0
        found = self._fast.raw_decode(text, at)
        return (
            found if text.count('":', at, found[1]) == self._keys else DECODER.raw_decode(text, at)
        )


def _more(reader: io.TextIOWrapper, where: str) -> str:
    try:
        return reader.read(_PIECE)
    except InputError:
        raise
    except BROKEN as error:
        raise InputError(f"{where}: cannot be read ({error})") from error


def _skip(text: str, at: int, blank: str) -> int:
    while at < len(text) and text[at] in blank:
        at += 1
    return at


class Twice(ValueError):
    """An object states one key twice: which of the values was meant is not known."""


def _once(pairs: list[tuple[str, Any]]) -> Record:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Twice(f"an object must state a key once; got {shown(twice)} twice")
    return made


DECODER = json.JSONDecoder(object_pairs_hook=_once)


def _unreadable(error: ValueError | RecursionError, where: str) -> InputError:
    if isinstance(error, Twice):
        return InputError(f"{where}: {error}")
    if isinstance(error, RecursionError):
        return InputError(f"{where}: the JSON nests too deeply")
    return InputError(f"{where}: not JSON, perhaps cut off ({str(error)[:120]})")
