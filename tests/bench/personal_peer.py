"""One contender of B8 in a process of its own: `personal_peer.py WHO TEXTS ROUNDS`, prints JSON.

It runs in the environment of the peers too, so it needs nothing of the product but for itself.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def product() -> Callable[[str], Any]:
    from gdpr.detector import detector

    finder = detector(2026)
    return finder.detect


def presidio(*, names: bool) -> Callable[[str], Any]:
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    from spacy.training import Example

    language = spacy.blank("sv")
    if names:
        language.add_pipe("ner")
        one = Example.from_dict(language.make_doc("Anna Ek"), {"entities": [(0, 7, "PERSON")]})
        language.initialize(lambda: [one])
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    language.to_disk(folder)
    engine = NlpEngineProvider(
        nlp_configuration={
            "nlp_engine_name": "spacy",
            "models": [{"lang_code": "sv", "model_name": str(folder)}],
        }
    ).create_engine()
    registry = RecognizerRegistry(supported_languages=["sv"])
    registry.load_predefined_recognizers(languages=["sv"], nlp_engine=engine)
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["sv"])
    return lambda text: analyzer.analyze(text, language="sv")


def _peak() -> float:
    """Megabytes held at most; the kernel's count: `getrusage` begins with the parent's."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def main() -> None:
    who, path, rounds = sys.argv[1:]
    texts = json.loads(Path(path).read_text("utf-8"))
    start = time.process_time()
    ask = product() if who == "product" else presidio(names=who.endswith("ner"))
    ask("Hej Anna, ring 070-174 06 05")
    load = time.process_time() - start
    for text in texts[: len(texts) // 5]:
        ask(text)
    found: dict[str, Any] = {"cpu": [], "wall": [], "load": load}
    for _ in range(int(rounds)):
        used, wall = time.process_time(), time.perf_counter()
        for text in texts:
            ask(text)
        found["cpu"].append((time.process_time() - used) / len(texts) * 1e6)
        found["wall"].append((time.perf_counter() - wall) / len(texts) * 1e6)
    found["memory"] = _peak()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
