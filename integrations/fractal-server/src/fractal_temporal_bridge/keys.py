"""The key ring with which clients and workers encrypt what a Temporal server gets (docs/encryption.md).

A payload has the form of Temporal's own samples: metadata `encoding` and `encryption-key-id`; data is a nonce, the
ciphertext of the payload as protobuf, and the tag.
"""

import base64
import dataclasses
import json
import os
import stat
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec

from .tunables import KEY_FILE_SECONDS

#: The variable that every program of fractal-temporal has for it.
VARIABLE = "FRACTAL_TEMPORAL_KEYS"

_ENCRYPTED = b"binary/encrypted"
_NONCE_BYTES = 12
_KEY_BYTES = 32
#: Others may not read it, the group may not write it.
_FORBIDDEN = stat.S_IRWXO | stat.S_IWGRP


class KeyRingError(ValueError):
    """What is wrong with a key ring, or with what is to be decrypted by it; never shows a key."""


@dataclasses.dataclass(frozen=True)
class Key:
    id: str
    since: datetime
    cipher: Any


class KeyRing(PayloadCodec):
    """Encrypts with the latest key whose time has come; decrypts with whichever a payload names.

    The file is looked at again from time to time, and at once for a key that it did not have: it may be rotated while a
    server runs. One that is spoilt meanwhile leaves the keys that there were.
    """

    def __init__(self, path: Path) -> None:
        """Raises KeyRingError."""
        self.path = path
        self._turn = threading.Lock()
        self._keys = _read(path)
        self._looked = monotonic()

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        self._look(KEY_FILE_SECONDS)
        now = datetime.now(UTC)
        key = max((key for key in self._keys.values() if key.since <= now), key=lambda key: key.since, default=None)
        if key is None:
            raise KeyRingError(f"No key of the key ring {self.path} encrypts yet: its `from` is in the future")
        return [self._encrypted(key, payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._decrypted(payload) for payload in payloads]

    @staticmethod
    def _encrypted(key: Key, payload: Payload) -> Payload:
        nonce = os.urandom(_NONCE_BYTES)
        data = nonce + key.cipher.encrypt(nonce, payload.SerializeToString(), None)
        return Payload(metadata={"encoding": _ENCRYPTED, "encryption-key-id": key.id.encode()}, data=data)

    def _decrypted(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != _ENCRYPTED:
            return payload
        key_id = payload.metadata.get("encryption-key-id", b"").decode(errors="replace")
        if key_id not in self._keys:
            self._look(0)
        key = self._keys.get(key_id)
        if key is None:
            raise KeyRingError(f"A payload is encrypted with the key {key_id!r}, which {self.path} does not have")
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            return Payload.FromString(key.cipher.decrypt(nonce, sealed, None))
        except Exception as error:
            words = f"A payload encrypted with the key {key_id!r} was changed since, or with another key of this name"
            raise KeyRingError(words) from error

    def _look(self, after_seconds: float) -> None:
        with self._turn:
            if monotonic() - self._looked < after_seconds:
                return
            self._looked = monotonic()
            try:
                self._keys = _read(self.path)
            except KeyRingError:
                return


def key_ring(environment: Mapping[str, str] | None = None) -> KeyRing | None:
    """The key ring of this process; None where payloads are not encrypted. Raises KeyRingError."""
    named = (os.environ if environment is None else environment).get(VARIABLE)
    return KeyRing(Path(named)) if named else None


def encrypting_converter(keys: KeyRing) -> DataConverter:
    """Failures are encrypted as well: their messages name paths and arguments."""
    return DataConverter(payload_codec=keys, failure_converter_class=DefaultFailureConverterWithEncodedAttributes)


def _read(path: Path) -> dict[str, Key]:
    try:
        with path.open() as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyRingError(f"{VARIABLE}: the key ring {path} cannot be read: {error}") from error
    if mode & _FORBIDDEN:
        raise KeyRingError(
            f"{VARIABLE}: the key ring {path} has mode {mode:04o}, whoever can read it can read all runs: make it the "
            "server's alone (chmod 600), or readable by its group (chmod 640)"
        )
    try:
        content = json.loads(text)
        if content["version"] != 1 or not content["keys"]:
            raise ValueError
        keys = [_key(each) for each in content["keys"]]
    except (KeyError, TypeError, ValueError):
        # The cause would show what was read.
        words = f"{VARIABLE}: {path} is not in the form of schemas/key-ring.schema.json (docs/encryption.md)"
        raise KeyRingError(words) from None
    return {key.id: key for key in keys}


def _key(fields: Mapping[str, str]) -> Key:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        words = f"{VARIABLE} needs the package cryptography: pip install 'fractal-temporal-bridge[encryption]'"
        raise KeyRingError(words) from error
    secret = base64.b64decode(fields["key"], validate=True)
    since = datetime.fromisoformat(fields["from"])
    if len(secret) != _KEY_BYTES or since.tzinfo is None:
        raise ValueError
    return Key(id=fields["id"], since=since, cipher=AESGCM(secret))
