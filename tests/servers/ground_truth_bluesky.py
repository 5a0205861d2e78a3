"""A random script of what people do on Bluesky, and the truth it leaves in their repositories.

`Script.step` makes one change. `repository` reads an account's whole repository as it was exported
(a CAR file, block by block): another way than the one the harvester reads by. `Model` says what an
archive must hold that looked at those instants.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import libipld

from archiver.core.changes import State
from tests.servers.atproto import GATE, POST, Account, AtprotoServer
from tests.servers.bluesky_home import Held

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
_WORDS = (
    "snö",
    "väg",
    "bibliotek",
    "skola",
    "cykel",
    "vatten",
    "plogning",
    "öppet",
    "🏊",
    "förslag",
)


def repository(server: AtprotoServer, account: Account) -> dict[str, Mapping[str, Any]]:
    """Address → record, of everything in an account's repository."""
    car = httpx.get(
        f"{server.pds}/xrpc/com.atproto.sync.getRepo", params={"did": account.did}, timeout=30
    )
    header, blocks = libipld.decode_car(car.raise_for_status().content)
    found: dict[str, Mapping[str, Any]] = {}
    waiting = [blocks[header["roots"][0]]["data"]]
    while waiting:
        node, key = blocks[waiting.pop()], b""
        waiting += [node["l"]] if node["l"] else []
        for entry in node["e"]:
            key = key[: entry["p"]] + entry["k"]
            found[f"at://{account.did}/{key.decode()}"] = blocks[entry["v"]]
            waiting += [entry["t"]] if entry["t"] else []
    return found


@dataclass
class Script:
    """Random changes by name; `done` counts each kind. `people` are citizens, none without an
    AppView to show what they answer."""

    server: AtprotoServer
    rng: random.Random
    owner: Account
    people: list[Account] = field(default_factory=list)
    away: set[str] = field(default_factory=set)  # DIDs of accounts that are switched off
    texts: dict[str, str] = field(default_factory=dict)  # address → text now, of every live record
    replies: dict[str, dict[str, Any]] = field(default_factory=dict)  # address → what it answers
    deleted: list[str] = field(default_factory=list)
    hidden: dict[str, set[str]] = field(default_factory=dict)  # post → replies its gate hides
    done: dict[str, int] = field(default_factory=dict)

    def step(self) -> None:
        """One change that the present state allows."""
        weights = {
            self.publish: 7 if len(self._posts()) < 20 else 1,
            self.publish_picture: 2,
            self.edit: 8 if self._mine(self.owner) else 0,
            self.delete: 4 if len(self._mine(self.owner)) > 4 else 0,
            self.write_again: 2 if self._own_deleted() else 0,
            self.switch_off: 1,
        }
        if self.owner.did in self.away:
            weights = {self.switch_on: 1}
        if self.people:
            here = [one for one in self.people if one.did not in self.away]
            off = len(here) < len(self.people)
            weights |= {
                self.answer: 14 if self._posts() and here else 0,
                self.edit_answer: 5 if self._answers() else 0,
                self.withdraw: 4 if len(self._answers()) > 4 else 0,
                self.leave: 2 if len(here) > 1 else 0,
                self.come_back: 3 if off else 0,
            }
            if self.owner.did not in self.away:
                weights[self.answer_ourselves] = 3 if self._answers() else 0
                weights[self.hide] = 3 if self._answers() else 0
        actions = [one for one in weights if weights[one]]
        action = self.rng.choices(actions, [weights[one] for one in actions])[0]
        action()
        self.done[action.__name__] = self.done.get(action.__name__, 0) + 1

    def _words(self) -> str:
        words = self.rng.choices(_WORDS, k=self.rng.randint(1, 6))
        return f"{' '.join(words)} {self.rng.randrange(10**9)}"

    def _mine(self, account: Account) -> list[str]:
        return [address for address in self.texts if account.did in address]

    def _posts(self) -> list[str]:
        return [address for address in self._mine(self.owner) if address not in self.replies]

    def _answers(self) -> list[str]:
        """What citizens who are here have written."""
        return [
            address
            for one in self.people
            if one.did not in self.away
            for address in self._mine(one)
        ]

    def _own_deleted(self) -> list[str]:
        return [one for one in self.deleted if self.owner.did in one and one not in self.replies]

    def _author(self, address: str) -> Account:
        return next(one for one in (self.owner, *self.people) if one.did in address)

    def publish(self) -> None:
        text = self._words()
        self.texts[self.owner.post(text)] = text

    def publish_picture(self) -> None:
        text = self._words()
        blob = self.owner.upload(PNG + self.rng.randbytes(8), "image/png")
        shown = {"$type": "app.bsky.embed.images", "images": [{"alt": "Bild", "image": blob}]}
        self.texts[self.owner.post(text, embed=shown)] = text

    def edit(self) -> None:
        self._put(self.rng.choice(self._mine(self.owner)))

    def _put(self, address: str) -> None:
        text = self._words()
        more = {"reply": self.replies[address]} if address in self.replies else {}
        self._author(address).put(address, {"text": text, **more})
        self.texts[address] = text
        if address in self.hidden:  # an AppView no longer heeds the gate of a post that was edited
            self.owner.hide(address, sorted(self.hidden[address]))

    def delete(self) -> None:
        self._delete(self.rng.choice(self._mine(self.owner)))

    def _delete(self, address: str) -> None:
        self._author(address).delete(address)
        del self.texts[address]
        self.deleted.append(address)
        if self.hidden.pop(address, None) is not None:
            # Under a post that is written again, an AppView no longer heeds the old one.
            self.owner.delete(address.replace(POST, GATE))

    def write_again(self) -> None:
        """Another text under the address of one that was deleted."""
        address = self.rng.choice(self._own_deleted())
        self.deleted.remove(address)
        self._put(address)

    def switch_off(self) -> None:
        self.owner.deactivate()
        self.away.add(self.owner.did)

    def switch_on(self) -> None:
        self.owner.activate()
        self.away.remove(self.owner.did)

    def answer(self) -> None:
        here = [one for one in self.people if one.did not in self.away]
        self._reply(self.rng.choice(here))

    def answer_ourselves(self) -> None:
        self._reply(self.owner)

    def _reply(self, author: Account) -> None:
        """An answer to a post, or to an answer under it."""
        if self.owner.did in self.away:
            return  # nobody can see what to answer
        root = self.rng.choice(self._posts())
        under = [
            address
            for address, pointers in self.replies.items()
            if pointers["root"]["uri"] == root
            and address in self.texts
            and self._author(address).did not in self.away
        ]
        parent = self.rng.choice(under) if under and self.rng.random() < 0.5 else root
        text = self._words()
        address = author.reply(text, parent, root)
        self.texts[address] = text
        pointers = {"root": author.pointer(root), "parent": author.pointer(parent)}
        self.replies[address] = pointers

    def edit_answer(self) -> None:
        self._put(self.rng.choice(self._answers()))

    def withdraw(self) -> None:
        self._delete(self.rng.choice(self._answers()))

    def leave(self) -> None:
        one = self.rng.choice([one for one in self.people if one.did not in self.away])
        one.deactivate()
        self.away.add(one.did)

    def come_back(self) -> None:
        one = self.rng.choice([one for one in self.people if one.did in self.away])
        one.activate()
        self.away.remove(one.did)

    def hide(self) -> None:
        """Hide an answer, or show it again."""
        address = self.rng.choice(self._answers())
        root = self.replies[address]["root"]["uri"]
        if root not in self.texts:
            return
        self.hidden.setdefault(root, set()).symmetric_difference_update({address})
        self.owner.hide(root, sorted(self.hidden[root]))


@dataclass
class Model:
    """What an archive must hold of posts and replies: address → state and versions."""

    script: Script
    held: dict[tuple[str, str], Held] = field(default_factory=dict)

    def look(self) -> None:
        """A harvest that reached everything."""
        script = self.script
        truth: dict[str, Mapping[str, Any]] = {}
        for account in (script.owner, *script.people):
            if account.did not in script.away:
                truth |= repository(script.server, account)
        told = {uri: str(r["text"]) for uri, r in truth.items() if f"/{POST}/" in uri}
        here = {uri: text for uri, text in script.texts.items() if self._is_here(uri)}
        assert told == here, "the script knows what it did"
        for uri, text in told.items():
            if script.owner.did in uri or self._in_thread(uri, told):
                self._saw(uri, text)
        for key, known in list(self.held.items()):
            uri = key[1]
            # Whose author was gone is asked for again, wherever it stands.
            asked = known.state == State.AUTHOR_GONE or self._root_is_read(uri, told)
            if not asked and script.owner.did not in uri:
                continue
            if uri in told:
                self._saw(uri, told[uri])
            else:
                # What has been confirmed as gone is not asked for again.
                if known.state == State.GONE_CONFIRMED:
                    continue
                gone = State.GONE_CONFIRMED if self._is_here(uri) else State.AUTHOR_GONE
                self.held[key] = known._replace(state=gone.value)

    def _is_here(self, uri: str) -> bool:
        return self.script._author(uri).did not in self.script.away

    def _root_is_read(self, uri: str, told: Mapping[str, str]) -> bool:
        pointers = self.script.replies.get(uri)
        return pointers is not None and pointers["root"]["uri"] in told

    def _in_thread(self, uri: str, told: Mapping[str, str]) -> bool:
        """Whether readers find it: everything above it is there."""
        while uri in self.script.replies:
            uri = self.script.replies[uri]["parent"]["uri"]
            if uri not in told:
                return False
        return True

    def _saw(self, uri: str, text: str) -> None:
        pointers = self.script.replies.get(uri)
        key = ("post" if pointers is None else "reply", uri)
        root = "" if pointers is None else pointers["root"]["uri"]
        state = "hidden" if uri in self.script.hidden.get(root, ()) else "visible"
        known = self.held.get(key, Held(state, (), ()))
        if (known.texts[-1:], known.shown[-1:]) != ((text,), (state,)):
            known = Held(state, (*known.texts, text), (*known.shown, state))
        self.held[key] = known._replace(state=state)


__all__ = ["GATE", "Model", "Script", "repository"]
