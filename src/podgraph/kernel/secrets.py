"""Secrets that are returned once: only their hash is stored."""

from hashlib import sha256
from secrets import token_urlsafe


def new_secret(prefix: str) -> str:
    """A random secret of 256 bits; secret scanners recognize a leaked one by its prefix."""
    return prefix + token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """The stored hash of a secret. A slow hash is not needed, because secrets are random."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
