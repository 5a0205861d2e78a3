"""Arrows point down only, and the contract that says so knows every package."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import archiver
from archiver.ledger import proof
from tests.meta.generated import ROOT, contract

BESIDE = {"archiver"}  # the package itself holds a version and nothing else


def test_the_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_the_contract_lists_every_package() -> None:
    listed = {name.strip() for layer in contract()["layers"] for name in layer.split("|")}
    there = {f"archiver.{module.name}" for module in pkgutil.iter_modules(archiver.__path__)}
    there |= {p.name for p in ROOT.iterdir() if (p / "__init__.py").exists()} - BESIDE
    assert listed == there


def test_the_plug_ins_contract_lists_every_connector() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = data["tool"]["importlinter"]["contracts"]
    listed = next(one["modules"] for one in contracts if one["type"] == "independence")
    folder = ROOT / "archiver" / "connectors"
    there = [p.stem for p in folder.glob("*.py") if re.search(r"^connector\b", p.read_text(), re.M)]
    assert sorted(listed) == sorted(f"archiver.connectors.{name}" for name in there)


def test_the_verifier_carries_all_it_imports(tmp_path: Path) -> None:
    """`verify.pyz` starts in an isolated interpreter without site-packages."""
    program = tmp_path / "verify.pyz"
    program.write_bytes(proof.verifier())
    done = subprocess.run(
        [sys.executable, "-I", "-S", program, "--help"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
