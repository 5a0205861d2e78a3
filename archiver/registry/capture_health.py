"""What the doctor says of manual capture: files that did not get in, and the look for malware."""

from __future__ import annotations

from collections.abc import Iterator

from archiver.cli.home import Finding, Light
from archiver.core.ports import Scanner
from archiver.core.scan import ScanVerdict
from archiver.registry.capture import Captures


def of_captures(captures: Captures, scanner: Scanner) -> Iterator[Finding]:
    """Nothing where nothing is captured by hand and no scanner is named."""
    for record, files in captures.lacking().items():
        yield Finding(
            Light.AMBER,
            f"R{record} lacks {files} of its files: a capture broke off.",
            f"Add them: `diarkiv capture correct R{record} FILE --why TEXT`.",
        )
    waiting, scan = captures.unscanned(), scanner.scan([b"-"])
    if scan.found == "no_scanner" and not waiting:
        return
    if scan.verdict is not ScanVerdict.CLEAN:
        yield Finding(
            Light.AMBER,
            f"Files captured by hand are not looked at for malware ({scan.found}).",
            "Name a clamd on this machine in the setting malware_scanner, and see that it runs.",
        )
    elif waiting:
        yield Finding(
            Light.AMBER,
            f"{waiting} captured files were never looked at for malware.",
            "`diarkiv capture scan` looks at them.",
        )
    else:
        yield Finding(Light.GREEN, f"Captured files are looked at for malware: {scan.engine}.")
