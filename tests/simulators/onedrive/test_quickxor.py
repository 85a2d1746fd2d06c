from __future__ import annotations

import pytest

from local.onedrive_simulator.estate.quickxor import QuickXor, quick_xor

RING = bytes(range(256))
VECTORS = [
    (b"", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    (b"\x4a", "SgAAAAAAAAAAAAAAAQAAAAAAAAA="),
    (b"a", "YQAAAAAAAAAAAAAAAQAAAAAAAAA="),
    (b"abc", "YRDDGAAAAAAAAAAAAwAAAAAAAAA="),
    (b"Hello, world!", "SCgDG9jwBhaA4A5vnQMbyBACAAA="),
    (RING[:160], "/+EGLlnQi0dVs5OErXWhEnz5wg4="),
    (RING * 257, "edJlP68QDhntUYpkxfzupP5uDuY="),
    (RING * 4096, "QkGEfSisZcA7k+FCh7x72dbCayY="),
    (bytes(1_048_576), "AAAAAAAAAAAAAAAAAAAQAAAAAAA="),
]


@pytest.mark.parametrize(("data", "expected"), VECTORS)
@pytest.mark.parametrize("block", [7, 64, 65_536, 1 << 24])
def test_the_hash_does_not_depend_on_how_the_bytes_come(data: bytes, expected: str, block: int) -> None:
    state = QuickXor()
    for start in range(0, len(data), block):
        state.update(data[start : start + block])

    assert state.base64() == expected == quick_xor(data)
