import hashlib
import os

import pytest

from shared.documents.hashing import Hashes
from shared.documents.quickxor import QuickXor

VECTORS = {
    "empty": (b"", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    "one byte": (b"\x4a", "SgAAAAAAAAAAAAAAAQAAAAAAAAA="),
    "a": (b"a", "YQAAAAAAAAAAAAAAAQAAAAAAAAA="),
    "abc": (b"abc", "YRDDGAAAAAAAAAAAAwAAAAAAAAA="),
    "hello": (b"Hello, world!", "SCgDG9jwBhaA4A5vnQMbyBACAAA="),
    "one row": (bytes(range(160)), "/+EGLlnQi0dVs5OErXWhEnz5wg4="),
    "over 64 KiB": (bytes(range(256)) * 257, "edJlP68QDhntUYpkxfzupP5uDuY="),
    "1 MiB": (bytes(range(256)) * 4096, "QkGEfSisZcA7k+FCh7x72dbCayY="),
    "1 MiB of zeros": (bytes(1024 * 1024), "AAAAAAAAAAAAAAAAAAAQAAAAAAA="),
}


# The vectors of 1 MiB byte by byte say nothing new and take seconds.
CASES = [(n, split) for n in VECTORS for split in (1, 7, 64, 65_536, 1 << 30) if split > 1 or not n.startswith("1 MiB")]


@pytest.mark.parametrize(("name", "split"), CASES)
def test_every_vector_comes_out_however_the_stream_is_split(name: str, split: int) -> None:
    data, expected = VECTORS[name]
    hasher = QuickXor()
    view = memoryview(data)
    for start in range(0, len(data), split):
        hasher.update(view[start : start + split])
    assert hasher.digest() == expected


def test_a_hash_is_continued_in_another_process() -> None:
    data = os.urandom(300_001)
    whole = QuickXor()
    whole.update(data)
    first = QuickXor()
    first.update(data[:123_457])

    second = QuickXor.from_state(first.state())
    second.update(data[123_457:])

    assert second.digest() == whole.digest()


def test_large_pieces_hash_as_small_ones_do() -> None:
    data = os.urandom(3_000_017)
    at_once, in_pieces = QuickXor(), QuickXor()
    at_once.update(data)
    for start in range(0, len(data), 1_001):
        in_pieces.update(data[start : start + 1_001])
    assert at_once.digest() == in_pieces.digest()


async def test_several_algorithms_run_beside_one_stream() -> None:
    data = os.urandom(2_500_000)
    hashes = Hashes(["quickXor", "sha256", "md5"])
    for start in range(0, len(data), 700_000):
        await hashes.update(data[start : start + 700_000])
    quick = QuickXor()
    quick.update(data)
    assert await hashes.digests() == {
        "quickXor": quick.digest(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "md5": hashlib.md5(data).hexdigest(),
    }
    assert hashes.size == len(data)
