"""What a bucket really does, tried on it: conditions, locks, legal holds, versions, rights, clock.

S3 is spoken by many servers, and some of them take a lock or a condition and do nothing with it. So
nothing is believed that can be tried. A probe writes below `probe/` only, removes what it may, and
leaves objects that are locked for half a minute; the next probe removes those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from archiver.core.ports import Clock
from archiver.errors import DiarkivError
from archiver.store.s3 import S3Store, explained
from archiver.store.trial import PLACE, Check, Outcome, Probed, State, Trial, is_refused

__all__ = ["Check", "Outcome", "Probed", "State", "probe"]


def probe(place: Probed, keys: Probed | None, clock: Clock, mark: str) -> Iterator[Outcome]:
    """Every check, one after the other. `mark` is a word of letters and digits, another each time.
    Where the bucket cannot be reached at all there is one outcome only."""
    tried = Trial(place, clock, mark)
    first = _judged(Check.REACHED, tried.reached)
    yield first
    if first.state is State.FAILED:
        return
    checks: Mapping[Check, Callable[[], Outcome]] = {
        Check.CLOCK: tried.clock,
        Check.RIGHTS: tried.rights,
        Check.IF_NONE_MATCH: tried.if_none_match,
        Check.IF_MATCH: tried.if_match,
        Check.VERSIONING: tried.versioning,
        Check.OBJECT_LOCK: tried.object_lock,
        Check.GOVERNANCE: tried.governance,
        Check.BYPASS: tried.bypass,
        Check.COMPLIANCE: tried.compliance,
        Check.LEGAL_HOLD: tried.legal_hold,
        Check.MULTIPART: tried.multipart,
    }
    for check, call in checks.items():
        yield _judged(check, call)
    if keys:
        yield _judged(Check.KEYS_PLAIN, lambda: _keys_plain(keys, clock, mark))
        yield _judged(Check.KEYS_APART, lambda: _keys_apart(place, keys, mark))
    yield _judged(Check.LEFT_BEHIND, tried.clean)


def _judged(check: Check, call: Callable[[], Outcome]) -> Outcome:
    """A check that could not be made has failed, and says why."""
    try:
        with explained(f"{PLACE}/"):
            return call()
    except DiarkivError as error:
        name = check.name.lower().replace("_", " ")
        return Outcome(
            check, State.FAILED, f"Could not be tried ({name}): {error.message}", error.remedy
        )


def _keys_plain(keys: Probed, clock: Clock, mark: str) -> Outcome:
    """A key that is destroyed must be gone: no versions, no locks."""
    store, name = S3Store(keys.connected, keys.address, clock), f"{PLACE}/{mark}-key"
    if store.is_versioned():
        return Outcome(
            Check.KEYS_PLAIN,
            State.FAILED,
            "The bucket for key files keeps versions: what is destroyed would stay.",
            "Make one that never had versions or Object Lock.",
        )
    store.replace(name, b"first")
    store.replace(name, b"second")
    written = store.get(name) == b"second"
    store.delete(name)
    if not written or list(store.names(PLACE)):
        return Outcome(
            Check.KEYS_PLAIN,
            State.FAILED,
            "Key files cannot be replaced and removed.",
            "Give its credentials the right to write, read, list and delete.",
        )
    return Outcome(
        Check.KEYS_PLAIN,
        State.PASSED,
        "Key files can be replaced and removed, and leave no version.",
    )


def _keys_apart(place: Probed, keys: Probed, mark: str) -> Outcome:
    """Who holds the one set of credentials must not have the other's bucket too."""

    def writes(who: Probed, where: Probed) -> bool:
        bucket, prefix = where.address
        key = f"{prefix}{PLACE}/{mark}-apart"
        return not is_refused(
            lambda: who.connected.once.put_object(Bucket=bucket, Key=key, Body=b"probe")
        )

    both = [writes(place, keys), writes(keys, place)]
    if both[0]:
        keys.connected.once.delete_object(
            Bucket=keys.address.bucket, Key=f"{keys.address.prefix}{PLACE}/{mark}-apart"
        )
    if any(both):
        return Outcome(
            Check.KEYS_APART,
            State.ATTENTION,
            "One set of credentials opens both buckets: packs and keys are not apart.",
            "Let each set of credentials reach its own bucket only.",
        )
    return Outcome(Check.KEYS_APART, State.PASSED, "Packs and keys have credentials of their own.")
