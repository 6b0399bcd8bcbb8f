"""The content of a backup: a compressed database in encrypted chunks.

Number, last-chunk flag and header are authenticated with each chunk, so that none can be left out,
moved, or taken from another backup (the STREAM construction, Hoang et al., CRYPTO 2015).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.storage.crypto.aead import derive, length_prefixed

CHUNK = 1 << 20
"""Largest number of plaintext bytes in a chunk."""

_OVERHEAD = 64
"""Allowance for the tag of a chunk."""


class ChunksBroken(Exception):
    """A chunk is missing, truncated or changed."""


class _Decompressor(Protocol):
    """The decompressor of zlib, whose type has no public name."""

    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


def write_chunks(file: BinaryIO, plain: BinaryIO, content_key: bytes, header: bytes) -> None:
    """Compress, encrypt and write everything in ``plain``; ``header``: authenticated with it."""
    cipher = _cipher(content_key)
    pending = b""
    number = 0
    for compressed in _compress(plain):
        if pending:
            _write_chunk(file, cipher, pending, header, number, last=False)
            number += 1
        pending = compressed
    _write_chunk(file, cipher, pending, header, number, last=True)


def read_chunks(file: BinaryIO, size: int, content_key: bytes, header: bytes) -> Iterator[bytes]:
    """Yield the plaintext in pieces, every byte authenticated before it is yielded.

    ``size``: number of bytes of all chunks, which are next in ``file``. Raise ``ChunksBroken``.
    """
    cipher = _cipher(content_key)
    decompressor = zlib.decompressobj()
    number = 0
    while size > 0:
        length = int.from_bytes(file.read(4), "big")
        size -= 4 + length
        if size < 0 or length > CHUNK + _OVERHEAD:
            raise ChunksBroken
        associated_data = _associated_data(header, number, last=size == 0)
        try:
            compressed = cipher.decrypt(_nonce(number), file.read(length), associated_data)
            yield from _decompress(decompressor, compressed)
        except (InvalidTag, zlib.error):
            raise ChunksBroken from None
        number += 1
    if not decompressor.eof:
        raise ChunksBroken


def _cipher(content_key: bytes) -> AESGCM:
    return AESGCM(derive(content_key, "backup contents"))


def _nonce(number: int) -> bytes:
    """Return the nonce of a chunk: a counter, since the key is used for one file only."""
    return number.to_bytes(12, "big")


def _associated_data(header: bytes, number: int, *, last: bool) -> bytes:
    return length_prefixed("backup chunk", header, number, int(last))


def _write_chunk(
    file: BinaryIO, cipher: AESGCM, compressed: bytes, header: bytes, number: int, *, last: bool
) -> None:
    associated_data = _associated_data(header, number, last=last)
    sealed = cipher.encrypt(_nonce(number), compressed, associated_data)
    file.write(len(sealed).to_bytes(4, "big"))
    file.write(sealed)


def _compress(plain: BinaryIO) -> Iterator[bytes]:
    compressor = zlib.compressobj(1)
    buffer = bytearray()
    while block := plain.read(CHUNK):
        buffer += compressor.compress(block)
        while len(buffer) >= CHUNK:
            yield bytes(buffer[:CHUNK])
            del buffer[:CHUNK]
    buffer += compressor.flush()
    for at in range(0, len(buffer), CHUNK):
        yield bytes(buffer[at : at + CHUNK])


def _decompress(decompressor: _Decompressor, compressed: bytes) -> Iterator[bytes]:
    """Decompress in bounded pieces: empty pages compress a thousandfold."""
    while compressed:
        yield decompressor.decompress(compressed, CHUNK)
        compressed = decompressor.unconsumed_tail
