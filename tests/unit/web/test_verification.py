"""Verifiera: good, masked, tampered, foreign and useless files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archiver.core import bundle
from archiver.core.checkpoint import VerifierKey
from archiver.core.commitment import hide, open_leaves
from archiver.store.seal import content_leaves, unseal
from tests.unit.web.served import TOKEN, Browser, Web


def members(web: Web, *, mask: str = "") -> dict[str, bytes]:
    """A bundle's members for one record; the field `mask` is hidden."""
    ledger, seq = web.home.ledger, web.record("Vattenläcka")
    proofs = ledger.prove([seq])
    data, path = proofs.entries[seq]
    ((_, frame, dek),) = ledger.sealed([seq])
    opened = unseal(frame, dek)
    leaves = content_leaves(opened.kind, opened.envelope, opened.raw)
    openings = [hide(o) if o.path == mask else o for o in open_leaves(dek, leaves)]
    files = {
        "vkey": f"{ledger.verifier_key}\n".encode(),
        f"entries/{seq}.json": bundle.render_entry(data, openings),
        f"proofs/{seq}.tlog-proof": bundle.render_proof(seq, path, proofs.note),
    }
    return {**files, bundle.MANIFEST: bundle.render_manifest(files)}


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def check(browser: Browser, data: bytes, name: str = "bevis.zip") -> str:
    answer = browser.post("/verifiera", data={"bundle": (io.BytesIO(data), name)})
    assert answer.status_code == 200
    return answer.text


def verdict(text: str) -> str:
    found = re.search(r'id="utslag"[^>]*>([^<]+)<', text)
    assert found
    return found[1]


def ticks(text: str) -> str:
    return "".join(re.findall(r'class="tick[^>]*>(.)<', text))


def test_a_good_bundle(web: Web, browser: Browser) -> None:
    text = check(browser, zipped(members(web)))
    assert verdict(text) == "Styrkt"
    assert ticks(text) == "✓✓✓✓–"
    assert web.home.ledger.verifier_key.fingerprint in text
    assert "En huvudledning gick sönder" in text
    assert f"python3 verify.pyz bevis.zip --key &#39;{web.home.ledger.verifier_key}&#39;" in text


def test_a_masked_bundle(web: Web, browser: Browser) -> None:
    text = check(browser, zipped(members(web, mask="text")))
    assert verdict(text) == "Styrkt med maskning"
    assert "En huvudledning" not in text
    assert "█" in text


def test_a_changed_word_is_found(web: Web, browser: Browser) -> None:
    files = members(web)
    name = next(name for name in files if name.startswith("entries/"))
    files[name] = files[name].replace(b"Kvarngatan", b"Storgatan_")
    rest = {key: value for key, value in files.items() if key != bundle.MANIFEST}
    files[bundle.MANIFEST] = bundle.render_manifest(rest)
    text = check(browser, zipped(files))
    assert verdict(text) == "Kan inte styrkas"
    assert "✗" in ticks(text)
    assert "not what was sealed" in text
    assert "Storgatan_" not in text  # what cannot be proven is not shown as if it were


def test_another_archives_bundle(web: Web, browser: Browser) -> None:
    files = members(web)
    public = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    other = VerifierKey("diarkiv/feedfeedfeedfeed/1", public)
    files["vkey"] = f"{other}\n".encode()
    rest = {key: value for key, value in files.items() if key != bundle.MANIFEST}
    files[bundle.MANIFEST] = bundle.render_manifest(rest)
    text = check(browser, zipped(files))
    assert verdict(text) == "Kan inte styrkas"
    assert ticks(text).startswith("✗")


def _broken_zip() -> bytes:
    good = bytearray(zipped({"manifest.json": b"x" * 5000}))
    good[60:70] = b"\xff" * 10
    return bytes(good)


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"\0" * (129 * 2**20))
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"inte en zip", b"PK\x03\x04", _broken_zip(), zipped({}), zipped({"a": b"b"}), _bomb()],
    ids=["empty", "text", "cut", "broken", "no-members", "other-zip", "bomb"],
)
def test_files_that_are_no_bundles(browser: Browser, data: bytes) -> None:
    text = check(browser, data)
    assert verdict(text) == "Kan inte styrkas"
    assert "Vad filen visar" not in text


def test_no_file_and_a_hostile_name(web: Web, browser: Browser) -> None:
    assert "Välj en fil först." in browser.post("/verifiera").text
    name = "../--key';rm<script>alert(1)</script>.zip"
    text = check(browser, zipped(members(web)), name)
    assert "<script>alert" not in text
    assert "verify.pyz --" not in text


def test_too_large_a_file_is_refused_with_words(web: Web) -> None:
    browser = Browser(web.app(max_upload=1000))
    browser.get(f"/?token={TOKEN}")
    answer = browser.post("/verifiera", data={"bundle": (io.BytesIO(b"x" * 5000), "a.zip")})
    assert answer.status_code == 413
    assert "Filen är för stor" in answer.text
