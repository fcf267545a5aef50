"""Tokens signed by others: verified with public keys in a file or at an address, which may change."""

import asyncio
import http.server
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from podgraph.auth.jwks import KeySet, KeySetError, keys_of
from podgraph.auth.tokens import Tokens, Unauthenticated
from podgraph.kernel.clock import system_clock
from podgraph.kernel.request_errors import RequestError

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
PRIVATE: dict[str, Any] = {"RS256": RSA, "ES256": EC, "EdDSA": ED}


def jwk(algorithm: str, key: Any = None) -> dict[str, Any]:
    public = (key or PRIVATE[algorithm]).public_key()
    described = get_default_algorithms()[algorithm].to_jwk(public, as_dict=True)
    return {**described, "kid": algorithm, "use": "sig"}


def key_set(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


ALL = key_set(*map(jwk, PRIVATE))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    path.write_bytes(ALL)
    return path


def claims(**changed: Any) -> dict[str, Any]:
    given = {
        "sub": "USR-26-000044",
        "organizations": ["ORG-26-090500"],
        "roles": ["ORG_OWNER"],
        "exp": system_clock() + timedelta(hours=1),
        **changed,
    }
    return {name: value for name, value in given.items() if value is not None}


def signed(algorithm: str, key: Any = None, kid: str | None = None, **changed: Any) -> str:
    headers = {"kid": kid or algorithm}
    token = jwt.encode(claims(**changed), key or PRIVATE[algorithm], algorithm, headers=headers)
    return f"Bearer {token}"


@pytest.mark.parametrize("algorithm", PRIVATE)
async def test_a_token_is_verified_with_the_key_that_it_names(file: Path, algorithm: str) -> None:
    viewer = await Tokens("", jwks=str(file)).verify(signed(algorithm))
    assert viewer.user_id == "USR-26-000044"


def raw(header: dict[str, Any], signature: str = "") -> str:
    """A token put together by hand, as no honest library would."""
    parts = [jwt.utils.base64url_encode(json.dumps(part, default=str).encode()).decode() for part in (header, {})]
    return f"Bearer {'.'.join(parts)}.{signature}"


PEM = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
JWK_TEXT = json.dumps(jwk("RS256")).encode()


def confused(secret: bytes) -> str:
    """A token signed with the public key's own text, as if it were a secret."""
    header, body = raw({"alg": "HS256", "kid": "RS256"}).removeprefix("Bearer ").split(".")[:2]
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        f"{header}.{body}".encode(), secret
    )
    return f"Bearer {header}.{body}.{jwt.utils.base64url_encode(signature).decode()}"


FORGED = {
    "unsigned": raw({"alg": "none", "kid": "RS256"}),
    "unsigned in capitals": raw({"alg": "NONE", "kid": "RS256"}),
    "the public key as a secret": confused(PEM),
    "its JSON as a secret": confused(JWK_TEXT),
    "with our secret": signed("HS256", "a secret of more than thirty-two characters", "RS256"),
    "another key": signed("RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    "another algorithm of the key": signed("RS512", RSA, "RS256"),
    "another key's id": signed("ES256", EC, "RS256"),
    "an unknown key": signed("RS256", kid="unknown"),
    "an id of another kind": raw({"alg": "RS256", "kid": {"a": 1}}),
    "a key that comes along": raw({"alg": "RS256", "kid": "new", "jwk": jwk("RS256")}),
    "rubbish": "Bearer a.b.c",
    "deep": "Bearer " + jwt.utils.base64url_encode(b"[" * 100_000).decode() + ".e30.x",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
async def test_a_forged_token_is_rejected(file: Path, token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await Tokens("a secret of more than thirty-two characters", jwks=str(file)).verify(token)
    assert refused.value.extensions == {"code": "UNAUTHENTICATED", "reason": "TOKEN_INVALID"}


HOUR = timedelta(hours=1)
CLAIMS = [
    ({"iss": "https://us"}, None),
    ({"iss": "https://others"}, "TOKEN_INVALID"),
    ({"iss": None}, "TOKEN_INVALID"),
    ({"aud": "podgraph"}, None),
    ({"aud": ["others", "podgraph"]}, None),
    ({"aud": "others"}, "TOKEN_INVALID"),
    ({"aud": None}, "TOKEN_INVALID"),
    ({"exp": None}, "TOKEN_INVALID"),
    ({"exp": "soon"}, "TOKEN_INVALID"),
    ({"exp": system_clock() - HOUR}, "TOKEN_EXPIRED"),
    ({"nbf": system_clock() + HOUR}, "TOKEN_INVALID"),
    ({"nbf": system_clock() - HOUR}, None),
]


@pytest.mark.parametrize(("changed", "reason"), CLAIMS)
async def test_issuer_audience_and_times_are_verified(file: Path, changed: dict[str, Any], reason: str | None) -> None:
    tokens = Tokens("", jwks=str(file), issuer="https://us", audience="podgraph")
    token = signed("EdDSA", **{"iss": "https://us", "aud": "podgraph", **changed})
    if reason is None:
        assert (await tokens.verify(token)).user_id == "USR-26-000044"
        return
    with pytest.raises(Unauthenticated) as refused:
        await tokens.verify(token)
    assert refused.value.extensions["reason"] == reason


async def test_clocks_may_differ_by_the_leeway(file: Path) -> None:
    late = signed("ES256", exp=system_clock() - timedelta(seconds=30), nbf=system_clock())
    assert await Tokens("", jwks=str(file), leeway=60).verify(late)
    with pytest.raises(Unauthenticated):
        await Tokens("", jwks=str(file)).verify(late)


@pytest.mark.parametrize("audience", ["others", ["others", "podgraph"], "", [], {}, 0, False], ids=str)
async def test_an_unexpected_audience_is_rejected(file: Path, audience: Any) -> None:
    with pytest.raises(Unauthenticated, match="for another audience") as refused:
        await Tokens("", jwks=str(file)).verify(signed("ES256", aud=audience))
    assert refused.value.extensions["reason"] == "TOKEN_INVALID"


def test_a_new_key_is_found_without_a_restart(file: Path) -> None:
    file.write_bytes(key_set(jwk("RS256")))
    keys = KeySet(str(file), read_timeout=0)
    assert asyncio.run(keys.find("ES256")) is None
    file.write_bytes(ALL)
    found = asyncio.run(keys.find("ES256"))
    assert found is not None
    assert found.algorithm_name == "ES256"


def test_a_withdrawn_key_expires(file: Path) -> None:
    keys = KeySet(str(file), kept=0.01, read_timeout=0)
    file.write_bytes(key_set(jwk("RS256"), jwk("ES256")))
    asyncio.run(keys.find("ES256"))
    file.unlink()
    time.sleep(0.01)
    with pytest.raises(KeySetError):
        asyncio.run(keys.find("ES256"))


def test_unknown_ids_do_not_cause_repeated_reads(file: Path) -> None:
    keys = KeySet(str(file))
    assert asyncio.run(keys.find("RS256"))
    file.write_bytes(key_set(jwk("RS256"), {**jwk("ES256"), "kid": "made up"}))
    assert asyncio.run(keys.find("made up")) is None


async def test_without_keys_the_error_is_unavailable_not_invalid(tmp_path: Path) -> None:
    with pytest.raises(RequestError) as refused:
        await Tokens("", jwks=str(tmp_path / "missing.json")).verify(signed("RS256"))
    assert refused.value.extensions == {"code": "UNAVAILABLE", "retryAfter": 5}


BAD_SETS = [
    b"",
    b"[]",
    b"{}",
    b'{"keys": []}',
    b'{"keys": [7]}',
    b"\xff",
    key_set({"kty": "oct", "k": "AAAA"}),
]


@pytest.mark.parametrize("content", BAD_SETS)
def test_a_set_without_public_keys_is_rejected(content: bytes) -> None:
    with pytest.raises(KeySetError):
        keys_of(content)


OTHER_USES = {
    "encryption": {"use": "enc"},
    "something else": {"use": "tls"},
    "a use that is no text": {"use": ["sig"]},
    "signing alone": {"key_ops": ["sign"]},
    "wrapping keys": {"key_ops": ["encrypt", "wrapKey"]},
    "no operation": {"key_ops": []},
    "operations that are no list": {"key_ops": "verify"},
    "encryption that declares verify": {"use": "enc", "key_ops": ["verify"]},
    "an id that is no text": {"kid": ["RS256"]},
}


def tokens_of(file: Path, *keys: dict[str, Any]) -> Tokens:
    """What verifies tokens with the keys of a set."""
    file.write_bytes(key_set(*keys))
    return Tokens("", jwks=str(file))


@pytest.mark.parametrize("declared", OTHER_USES.values(), ids=OTHER_USES)
async def test_a_key_for_another_use_verifies_nothing(file: Path, declared: dict[str, Any]) -> None:
    other = {**jwk("RS256"), **declared}
    with pytest.raises(KeySetError):
        keys_of(key_set(other))
    # The other keys of its set do.
    tokens = tokens_of(file, other, jwk("ES256"))
    assert (await tokens.verify(signed("ES256"))).user_id == "USR-26-000044"
    with pytest.raises(Unauthenticated) as refused:
        await tokens.verify(signed("RS256"))
    assert refused.value.extensions["reason"] == "TOKEN_INVALID"


@pytest.mark.parametrize("declared", [{"use": None}, {"key_ops": ["verify"]}, {"key_ops": None, "use": "sig"}], ids=str)
async def test_a_key_for_verification_or_of_unknown_use_verifies(file: Path, declared: dict[str, Any]) -> None:
    key = {name: value for name, value in jwk("RS256").items() if name != "use"}
    tokens = tokens_of(file, {**key, **declared})
    assert (await tokens.verify(signed("RS256"))).user_id == "USR-26-000044"


@pytest.mark.parametrize("algorithm", PRIVATE)
async def test_a_private_key_in_the_set_verifies_as_its_public_one(file: Path, algorithm: str) -> None:
    described = get_default_algorithms()[algorithm].to_jwk(PRIVATE[algorithm], as_dict=True)
    tokens = tokens_of(file, {**described, "kid": algorithm, "key_ops": ["sign", "verify"]})
    assert (await tokens.verify(signed(algorithm))).user_id == "USR-26-000044"


@pytest.fixture
def address() -> Iterator[str]:
    """Where a server of the test's own hands out the keys."""

    class Keys(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(ALL)

        def log_message(self, *_given: Any) -> None:
            """Nothing of it is for the test's output."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Keys)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    server.server_close()
    thread.join()


async def test_keys_are_fetched_from_an_address(address: str) -> None:
    assert (await Tokens("", jwks=address).verify(signed("RS256"))).user_id == "USR-26-000044"
