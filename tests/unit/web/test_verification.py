"""Verifiera: good, masked, tampered, foreign and useless files."""

from __future__ import annotations

import io
import re
import threading
import zipfile
from collections.abc import Callable, Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archiver.core import bundle
from archiver.core.checkpoint import VerifierKey
from archiver.core.commitment import hide, open_leaves
from archiver.core.enclosed import READ_ME, VERIFIER
from archiver.ledger.proof import verifier
from archiver.store.seal import content_leaves, unseal
from archiver.web.dates import local
from archiver.web.views import verification
from exports.release.bundle import release_openings
from exports.release.receipt import digest, receipt_of, seal_pdf
from tests.tsa import Authority
from tests.unit.exports.given_out import give_out, hollow_pdf
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
    assert (
        f"python3 -I -S verify.pyz bevis.zip --key &#39;{web.home.ledger.verifier_key}&#39;" in text
    )


def test_a_stamp_is_green_only_under_roots_that_are_known(
    web: Web, browser: Browser, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = members(web)
    del files[bundle.MANIFEST]
    at = web.home.clock.now() // 1000 * 1000
    files[bundle.STAMP] = authority.says(web.home.ledger.checkpoint(), at)
    data = zipped({**files, bundle.MANIFEST: bundle.render_manifest(files)})
    text = check(browser, data)
    assert (verdict(text), ticks(text)) == ("Styrkt", "✓✓✓✓–")
    assert "Fanns senast" not in text
    monkeypatch.setattr(web, "stamp_roots", authority.roots)
    text = check(browser, data)
    assert (verdict(text), ticks(text)) == ("Styrkt", "✓✓✓✓✓")
    assert f"{local(at):%Y-%m-%d %H.%M.%S}" in text.partition("Fanns senast")[2]
    files[bundle.STAMP] = authority.says(b"another head", at)
    forged = zipped({**files, bundle.MANIFEST: bundle.render_manifest(files)})
    text = check(browser, forged)
    assert (verdict(text), ticks(text)) == ("Kan inte styrkas", "✓✓✓✓✗")
    assert "Tidsstämpeln gäller ett annat läge i loggen" in text


def test_a_masked_bundle(web: Web, browser: Browser) -> None:
    text = check(browser, zipped(members(web, mask="text")))
    assert verdict(text) == "Styrkt med maskning"
    assert "En huvudledning" not in text
    assert "█" in text


def test_the_page_speaks_swedish_of_fields_and_times(web: Web, browser: Browser) -> None:
    text = check(browser, zipped(members(web))).partition("Vad filen visar")[2]
    shown = text.partition("Filerna i paketet")[0]
    for name in ("Skapad", "Slag", "Text"):
        assert f'<th scope="row">{name}</th>' in shown
    for code in ("author_name", "created_at", "captured_at", ">kind<", ">post<"):
        assert code not in shown
    assert "<time " in shown
    assert not re.search(r">1[0-9]{12}<", shown)  # milliseconds


def test_the_page_names_every_file_and_what_is_known_of_it(web: Web, browser: Browser) -> None:
    files = {n: d for n, d in members(web).items() if n != bundle.MANIFEST}
    files |= {READ_ME: b"annat", VERIFIER: verifier()}
    text = check(browser, zipped({**files, bundle.MANIFEST: bundle.render_manifest(files)}))
    assert verdict(text) == "Styrkt"
    rows = dict(re.findall(r'class="break">([^<]+)</th><td>([^<]+)</td>', text))
    assert rows.keys() == {*files, bundle.MANIFEST}
    entry = next(name for name in files if name.startswith("entries/"))
    assert rows[entry].startswith("styrkt av post ")
    assert rows[READ_ME] == "följer med, inte styrkt"
    assert rows[VERIFIER] == "följer med, inte styrkt (likadan som det här arkivets egen)"
    assert "Filen är oförändrad" not in text  # not all of it is known to be
    assert "Det visar inget utlämnande" in text


def test_a_bundle_that_lacks_a_record_says_how_many(web: Web, browser: Browser) -> None:
    files = {n: d for n, d in members(web).items() if n != bundle.MANIFEST}
    ledger = web.home.ledger
    entry = give_out(ledger, [("bevis.zip", "ab" * 32)], records=3)
    proofs = ledger.prove([entry])
    data, path = proofs.entries[entry]
    own = {
        f"entries/{entry}.json": bundle.render_entry(data, release_openings(ledger, entry)),
        f"proofs/{entry}.tlog-proof": bundle.render_proof(entry, path, proofs.note),
    }
    files |= own
    text = check(browser, zipped({**files, bundle.MANIFEST: bundle.render_manifest(files)}))
    assert verdict(text) == "Kan inte styrkas"
    assert "av 3 handlingar finns 1 här" in text
    assert "Paketet är inte det som myndigheten lämnade ut" in text
    assert "styrkt av post" not in text
    alone = {**own, "vkey": files["vkey"]}
    text = check(browser, zipped({**alone, bundle.MANIFEST: bundle.render_manifest(alone)}))
    assert "ingen handling ur det. Det gällde 3." in text


def test_a_changed_word_is_found(web: Web, browser: Browser) -> None:
    files = members(web)
    name = next(name for name in files if name.startswith("entries/"))
    files[name] = files[name].replace(b"Kvarngatan", b"Storgatan_")
    rest = {key: value for key, value in files.items() if key != bundle.MANIFEST}
    files[bundle.MANIFEST] = bundle.render_manifest(rest)
    text = check(browser, zipped(files))
    assert verdict(text) == "Kan inte styrkas"
    assert "✗" in ticks(text)
    assert "det som visas är inte det som förseglades" in text
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


# --- a released PDF, and whoever got it ------------------------------------------------------


@pytest.fixture(scope="module")
def released(web: Web) -> bytes:
    made = hollow_pdf("En huvudledning gick sönder.")
    entry = give_out(web.home.ledger, [("utlamnande.pdf", digest(made))])
    return seal_pdf(made, receipt_of(web.home.ledger, entry))


def test_whoever_got_a_copy_checks_it_without_signing_in(web: Web, released: bytes) -> None:
    stranger = web.browser(entered=False)
    page = stranger.get("/verifiera")
    assert page.status_code == 200
    assert str(web.home.ledger.verifier_key) in page.text.replace("&#43;", "+")
    text = check(stranger, released, "utlamnande.pdf")
    assert (verdict(text), ticks(text)) == ("Styrkt med maskning", "✓✓✓✓–")
    assert "Delar av innehållet är dolda." in text
    assert "utlamnande.pdf" in text.partition("I utlämnandet ingick")[2][:200]
    assert "python3 -I -S verify.pyz utlamnande.pdf --key" in text
    assert "4711" not in text  # the request
    assert stranger.get("/handlingar").status_code == 403


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda pdf: pdf.replace(b"[NAMN-7f3a]", b"[NAMN-7f3b]"), "✓✓✓✗–"),
        (lambda pdf: pdf + b"%", "✓✓✓✗–"),
        (lambda pdf: pdf[:-9], "✓✓✓✗–"),
        (lambda pdf: b"%PDF-1.7", "–––✗–"),
    ],
    ids=["letter", "appended", "cut", "no-receipt"],
)
def test_a_pdf_that_is_not_the_one_given_out(
    web: Web, browser: Browser, released: bytes, change: Callable[[bytes], bytes], said: str
) -> None:
    text = check(browser, change(released), "u.pdf")
    assert (verdict(text), ticks(text)) == ("Kan inte styrkas", said)
    assert "Lämnades ut" not in text


def test_a_stranger_may_ask_so_often_and_staff_always(web: Web, browser: Browser) -> None:
    app = web.app()
    stranger = Browser(app)
    sent = [stranger.post("/verifiera").status_code for _ in range(12)]
    assert sent == [200] * 10 + [429] * 2
    refused = stranger.post("/verifiera")
    assert "Vänta en stund" in refused.text
    assert int(refused.headers["Retry-After"]) <= 60
    assert stranger.get("/verifiera").status_code == 200
    assert [browser.post("/verifiera").status_code for _ in range(12)] == [200] * 12


def test_nothing_of_the_file_is_kept_or_logged(
    web: Web, released: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    before = web.home.ledger.checkpoint()
    check(web.browser(entered=False), released, "Anna-Ekstroem.pdf")
    check(web.browser(entered=False), b"PK\x03\x04Anna", "Anna-Ekstroem.zip")
    told = "".join(capfd.readouterr()) + caplog.text
    assert "Anna" not in told
    assert web.home.ledger.checkpoint() == before


def test_only_so_many_are_checked_at_once(
    web: Web, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "_AT_ONCE", threading.BoundedSemaphore(1))
    monkeypatch.setattr(verification, "_PATIENCE", 0)
    with verification._AT_ONCE:
        answer = browser.post("/verifiera", data={"bundle": (io.BytesIO(b"x"), "a.zip")})
    assert answer.status_code == 429
    assert verdict(check(browser, b"x")) == "Kan inte styrkas"
