"""Signed heads and pure-Python Ed25519; signing and the second opinion are by `cryptography`."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from hashlib import sha256, sha512

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.core import ed25519
from archiver.core.checkpoint import Checkpoint, VerifierKey, from_base64, to_base64
from archiver.core.checkpoint import open_checkpoint as opened
from archiver.errors import NotCanonical, SignatureInvalid

ORIGIN = "diarkiv/5f0c2a/1"
SIGNER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(sha256(b"stranger").digest())
KEY = VerifierKey(ORIGIN, SIGNER.public_key().public_bytes_raw())
HEAD = Checkpoint(ORIGIN, 109482, sha256(b"root").digest())
NOTE = HEAD.signed(KEY, SIGNER.sign)

ORDER = 2**252 + 27742317777372353535851937790883648493
SECRET = int.from_bytes(sha512(b"s" * 32).digest()[:32], "little") & (1 << 254) - 8 | 1 << 254

seeds = roots = st.binary(min_size=32, max_size=32)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789/.-", min_size=1, max_size=20)


def keypair(seed: bytes) -> tuple[Ed25519PrivateKey, bytes]:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return private, private.public_key().public_bytes_raw()


def theirs(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def flips(data: bytes) -> Iterator[bytes]:
    for bit in range(len(data) * 8):
        yield (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")


# --- Ed25519 ---------------------------------------------------------------------------------

RFC_8032 = {  # §7.1: secret, public, message, signature
    "TEST 1": """9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60
        d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a -
        e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b""",
    "TEST 2": """4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb
        3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c 72
        92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00""",
    "TEST 3": """c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7
        fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025 af82
        6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a""",
    "TEST SHA(abc)": f"""833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42
        ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf \
        {sha512(b"abc").hexdigest()}
        dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589\
09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704""",
}


@pytest.mark.parametrize("vector", RFC_8032.values(), ids=RFC_8032.keys())
def test_rfc_8032_vectors(vector: str) -> None:
    secret, public, message, signature = (bytes.fromhex(x.strip("-")) for x in vector.split())
    assert keypair(secret)[1] == public
    assert ed25519.verify(public, message, signature)
    assert not ed25519.verify(public, message + b"\0", signature)


@given(seeds, st.binary(max_size=300))
@settings(max_examples=60)
def test_accepts_what_cryptography_signs(seed: bytes, message: bytes) -> None:
    private, public = keypair(seed)
    assert ed25519.verify(public, message, private.sign(message))
    assert not ed25519.is_small_order(public)


@given(seeds, st.binary(min_size=1, max_size=80), st.data())
@settings(max_examples=150)
def test_a_flipped_bit_is_refused(seed: bytes, message: bytes, data: st.DataObject) -> None:
    private, public = keypair(seed)
    parts = [bytearray(public), bytearray(message), bytearray(private.sign(message))]
    part = data.draw(st.sampled_from(parts))
    part[data.draw(st.integers(0, len(part) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    flipped = [bytes(part) for part in parts]
    assert not ed25519.verify(*flipped)
    assert not theirs(*flipped)


@given(seeds, seeds, st.binary(max_size=40))
@settings(max_examples=60)
def test_random_points_are_judged_as_by_cryptography(a: bytes, b: bytes, message: bytes) -> None:
    """But for keys of small order and second spellings of a key, which only we refuse."""
    expected = not ed25519.is_small_order(a) and theirs(a, message, b + a)
    assert ed25519.verify(a, message, b + a) == expected


@given(seeds, st.binary(max_size=20))
@settings(max_examples=30)
def test_a_scalar_above_the_order_is_refused(seed: bytes, message: bytes) -> None:
    private, public = keypair(seed)
    signature = private.sign(message)
    scalar = int.from_bytes(signature[32:], "little")
    for second in range(scalar + ORDER, 2**256, ORDER):
        again = signature[:32] + second.to_bytes(32, "little")
        assert not ed25519.verify(public, message, again)


@pytest.mark.parametrize("length", [0, 31, 33, 63, 64, 65])
def test_wrong_lengths_are_refused(length: int) -> None:
    assert length == 64 or not ed25519.verify(KEY.public_key, b"m", bytes(length))
    assert not ed25519.verify(bytes(length), b"m", SIGNER.sign(b"m"))


P = 2**255 - 19
NOT_POINTS = {
    "y = p": P,
    "y = p + 1 (a second spelling of the identity)": P + 1,
    "y = 2^255 - 1": 2**255 - 1,
    "y = 1 with a sign": 1 | 1 << 255,
    "y = -1 with a sign": P - 1 | 1 << 255,
    "off the curve": 2,
}


@pytest.mark.parametrize("y", NOT_POINTS.values(), ids=NOT_POINTS.keys())
def test_second_spellings_of_points_are_refused(y: int) -> None:
    point = y.to_bytes(32, "little")
    challenge = int.from_bytes(sha512(point + KEY.public_key + b"m").digest(), "little")
    for scalar in (1, challenge * SECRET % ORDER):  # the second fits where R is the identity
        signature = point + scalar.to_bytes(32, "little")
        assert not ed25519.verify(KEY.public_key, b"m", signature)
    assert ed25519.is_small_order(point)
    with pytest.raises(NotCanonical):
        VerifierKey.parse(str(VerifierKey(ORIGIN, point)))


B = bytes.fromhex("58" + "66" * 31)  # the base point: a signature's R where its nonce is 1
ONE = (1).to_bytes(32, "little")
SMALL_ORDER = {
    "1": "0100000000000000000000000000000000000000000000000000000000000000",
    "2": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "4": "0000000000000000000000000000000000000000000000000000000000000000",
    "4, other sign": "0000000000000000000000000000000000000000000000000000000000000080",
    "8": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "8, other sign": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "8, other y": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "8, other y and sign": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
}


@pytest.mark.parametrize("point", SMALL_ORDER.values(), ids=SMALL_ORDER.keys())
def test_a_key_of_small_order_signs_nothing(point: str) -> None:
    """R = B, S = 1 needs no secret: with order n it fits one message in n, whoever "signs"."""
    key, messages = bytes.fromhex(point), [bytes([n]) for n in range(60)]
    assert any(theirs(key, message, B + ONE) for message in messages)  # a real danger
    assert not any(ed25519.verify(key, message, B + ONE) for message in messages)
    assert ed25519.is_small_order(key)
    with pytest.raises(NotCanonical):
        VerifierKey.parse(str(VerifierKey(ORIGIN, key)))
    for size in range(60):  # … and by a pinned key that was never parsed
        held = VerifierKey(ORIGIN, key)
        note = Checkpoint(ORIGIN, size, HEAD.root).signed(held, lambda _: B + ONE)
        with pytest.raises(SignatureInvalid):
            opened(note.encode(), held)


# --- base64 ----------------------------------------------------------------------------------


@given(st.binary(max_size=80))
def test_base64_has_one_spelling(data: bytes) -> None:
    assert to_base64(data) == base64.standard_b64encode(data).decode()
    assert from_base64(to_base64(data)) == data


@pytest.mark.parametrize(
    "text",
    ["AB==", "AAB=", "AA", "AAA", "A", "AA=A", "====", "=", "AAAA=", "AAAA\n", " AAAA", "AA AA",
     "AA==AA==", "AAA\u00c5", "\uff21AAA", "AA-_", "AAAA====", "\udc80AAA"],
)  # fmt: skip
def test_other_spellings_of_base64_are_refused(text: str) -> None:
    with pytest.raises(NotCanonical):
        from_base64(text)


@given(st.text("AQgw+/=-_ \n", max_size=9))
@settings(max_examples=300)
def test_any_text_is_refused_or_the_one_spelling(text: str) -> None:
    try:
        data = from_base64(text)
    except NotCanonical:
        return
    assert to_base64(data) == text


# --- verifier keys ---------------------------------------------------------------------------


@given(names, seeds)
@settings(max_examples=60)
def test_vkeys_round_trip(name: str, seed: bytes) -> None:
    key = VerifierKey(name, keypair(seed)[1])
    assert VerifierKey.parse(str(key)) == key
    assert VerifierKey.parse(f"{key}\n") == key
    assert bytes.fromhex(key.fingerprint) == sha256(str(key).encode()).digest()


def test_a_vkey_of_the_go_project() -> None:
    """The example of the note package of golang.org/x/mod."""
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = VerifierKey.parse(text)
    assert (key.name, key.key_id.hex(), str(key)) == ("PeterNeumann", "c74f20a3", text)


def test_every_flipped_bit_of_a_vkey_is_refused() -> None:
    for bad in flips(str(KEY).encode()):
        with pytest.raises(NotCanonical):
            VerifierKey.parse(bad.decode("latin-1"))


def test_malformed_vkeys_are_refused() -> None:
    name, key_id, blob = str(KEY).split("+", 2)
    good = f"{name}+{key_id}+{blob}"
    assert VerifierKey.parse(good) == KEY
    other_type, bare = to_base64(b"\x02" + KEY.public_key), to_base64(KEY.public_key)
    for text in ("", name, f"{name}+{key_id}", f"{name}+{key_id.upper()}+{blob}",
                 f"{name}+0{key_id}+{blob}", f"{good}\n\n", f"{good} ", f" {good}", f"{good}\r\n",
                 f"{name}+{key_id}+{other_type}", f"{name}+{key_id}+{bare}", f"{good}AAAA",
                 f"\n{good}", f"{good}+", f"+{good}", f"\ufeff{good}"):  # fmt: skip
        with pytest.raises(NotCanonical):
            VerifierKey.parse(text)


# By name: what the signed-note rule forbids, or nobody could read aloud.
BAD_NAMES = ["", " ", "a b", "a\nb", "a\tb", "a\r", "a\u00a0b", "a\u2028b", "a\u3000", "a\x85b",
             "\x00", "a\x1bb", "a\x1fb", "a+b", "+", "a" * 256]  # fmt: skip
bad_names = [*BAD_NAMES, *(f"a{c}" for c in "\x7f\x80\x9f")]


@pytest.mark.parametrize("name", bad_names, ids=ascii)
def test_names_outside_the_rule_are_refused(name: str) -> None:
    with pytest.raises(NotCanonical):
        VerifierKey.parse(str(VerifierKey(name, KEY.public_key)))
    with pytest.raises(NotCanonical):
        Checkpoint.parse_body(Checkpoint(name, 1, HEAD.root).body())
    with pytest.raises(NotCanonical):
        Checkpoint(name, 1, HEAD.root).signed(KEY, SIGNER.sign)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9) | names)
def test_any_other_name_is_accepted(name: str) -> None:
    """Printable ASCII only: a name that looks like another name is no name."""
    key = VerifierKey(name, KEY.public_key)
    if name and all("!" <= c <= "~" and c != "+" for c in name):
        assert VerifierKey.parse(str(key)) == key
        return
    with pytest.raises(NotCanonical):
        VerifierKey.parse(str(key))


def test_an_undecodable_vkey_argument_is_refused() -> None:
    with pytest.raises(NotCanonical):
        VerifierKey.parse("\udcff" + str(KEY))


def test_an_undecodable_origin_is_not_signed() -> None:
    with pytest.raises(NotCanonical):
        Checkpoint("a\udcff", 1, HEAD.root).signed(KEY, SIGNER.sign)


# --- signed heads ----------------------------------------------------------------------------


@given(names, st.integers(0, 10**15 - 1), roots, seeds)
@settings(max_examples=60)
def test_signed_heads_open(origin: str, size: int, root: bytes, seed: bytes) -> None:
    private, public = keypair(seed)
    key, head = VerifierKey(origin, public), Checkpoint(origin, size, root)
    note = head.signed(key, private.sign)
    assert opened(note.encode(), key) == head
    assert Checkpoint.parse_body(head.body()) == head


def test_every_flipped_bit_of_a_signed_head_is_refused() -> None:
    assert opened(NOTE.encode(), KEY) == HEAD
    for bad in flips(NOTE.encode()):
        with pytest.raises((NotCanonical, SignatureInvalid)):
            opened(bad, KEY)


def test_every_cut_and_every_spare_byte_is_refused() -> None:
    good = NOTE.encode()
    for at in range(len(good) + 1):
        shorter, longer = good[:at], [good[:at] + c + good[at:] for c in (b"\n", b" ", b"0", b"=")]
        for bad in (shorter, *longer):
            if bad != good:
                with pytest.raises((NotCanonical, SignatureInvalid)):
                    opened(bad, KEY)


def test_another_key_name_or_log_is_refused() -> None:
    stranger = VerifierKey(ORIGIN, STRANGER.public_key().public_bytes_raw())
    renamed = VerifierKey("diarkiv/5f0c2a/2", KEY.public_key)
    for note, key in (
        (NOTE, stranger),  # not his
        (NOTE, renamed),  # another name
        (HEAD.signed(KEY, STRANGER.sign), KEY),  # our name and id, his signature
        (HEAD.signed(stranger, SIGNER.sign), KEY),  # his id, our signature
        (HEAD.signed(renamed, SIGNER.sign), renamed),  # a key of another log, rightly signed
    ):
        with pytest.raises(SignatureInvalid):
            opened(note.encode(), key)


def test_a_second_signature_line_is_refused() -> None:
    line = NOTE.splitlines()[-1] + "\n"
    for note in (NOTE + line, NOTE + "— witness AAAA\n", NOTE.replace(line, "")):
        with pytest.raises((NotCanonical, SignatureInvalid)):
            opened(note.encode(), KEY)


def resigned(body: str) -> bytes:
    """A note of that body with a *valid* signature: only the parser can refuse it."""
    blob = to_base64(KEY.key_id + SIGNER.sign(body.encode()))
    return f"{body}\n— {KEY.name} {blob}\n".encode()


ROOT = to_base64(HEAD.root)
SIZES = ["0109482", "+109482", "-1", "-0", "00", "109_482", " 109482", "109482 ", "109482\r",
         "0x10", "1.0", "1e3", "", "\u0661\u0660", "\uff11\uff10", "\u00b2", str(10**15),
         "9" * 5000]  # fmt: skip
BODIES = {f"size {size[:20]!a}": f"{ORIGIN}\n{size}\n{ROOT}\n" for size in SIZES} | {
    "extra line": f"{ORIGIN}\n109482\n{ROOT}\nextra\n",
    "no root": f"{ORIGIN}\n109482\n",
    "short root": f"{ORIGIN}\n109482\n{to_base64(HEAD.root[:31])}\n",
    "long root": f"{ORIGIN}\n109482\n{to_base64(HEAD.root + b'x')}\n",
    "spare bits": f"{ORIGIN}\n109482\n{ROOT[:-2]}{chr(ord(ROOT[-2]) + 1)}=\n",
    "no padding": f"{ORIGIN}\n109482\n{ROOT[:-1]}\n",
    "URL alphabet": f"{ORIGIN}\n109482\n{'_' * 42}8=\n",
    "other origin": f"diarkiv/other/1\n109482\n{ROOT}\n",
}


@pytest.mark.parametrize("name", BODIES)
def test_second_spellings_are_refused_though_signed(name: str) -> None:
    with pytest.raises(SignatureInvalid if name == "other origin" else NotCanonical):
        opened(resigned(BODIES[name]), KEY)
    if name != "other origin":
        with pytest.raises(NotCanonical):
            Checkpoint.parse_body(BODIES[name])


def test_the_spare_bits_example_is_what_it_says() -> None:
    assert base64.b64decode(BODIES["spare bits"].splitlines()[2]) == HEAD.root
    assert opened(resigned(HEAD.body()), KEY) == HEAD


@given(st.text(f"{ORIGIN}0123456789\n= —+A", max_size=120) | st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_is_refused_or_a_head_that_writes_it(text: str) -> None:
    try:
        head = Checkpoint.parse_body(text)
    except NotCanonical:
        return
    assert head.body() == text


@pytest.mark.parametrize(
    ("size", "root"),
    [(-1, HEAD.root), (10**15, HEAD.root), (True, HEAD.root), (1, b"short"), (1, HEAD.root + b"x")],
    ids=["negative", "16 digits", "boolean", "short root", "long root"],
)
def test_an_unreadable_head_is_not_signed(size: int, root: bytes) -> None:
    def sign(_: bytes) -> bytes:
        pytest.fail("signed before it was looked at")

    with pytest.raises(NotCanonical):
        Checkpoint(ORIGIN, size, root).signed(KEY, sign)
