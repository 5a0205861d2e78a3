"""The compression dictionary: structure only. Whatever stands in it is copied into every archive in
clear, so each of its words has to be on the list here."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import zstandard

from archiver.store.seal import DICTIONARY, FrameKind, dictionary_bytes, seal, unseal
from tests.bench import corpus
from tests.build import sealed_version, seeded

MOST = 8 * 1024
FROZEN = "41c280f30454e2431af716c771e5c90934c23bd1237ee268dc3f12dea292dacf"
# Keys and values of the frames' own envelopes.
OUR_WORDS = """
alt at attachments authenticated author author_id author_name author_url authority bad capture
captured_at changed changes channel collection collections complete connector content control
control_detail created created_at cursors digest drawn_up edited encoding ended ended_at exchange
exchanges expected family first_seen gone_confirmed held hidden holes interval kind last legal_at
legal_basis length links media media_failed method mime missing month n native_id normaliser number
offset ok origin outcome parent part peer platform post problem problems reason received record
redactions request_headers response_headers root run s e seen seen_again self since size spam
started started_at state states status template text title trashed unchanged unhidden unobserved
updated_at url v version visible whole error allow true false Diarkiv authorization
"""
# wp/v2 (REST API Handbook), its addresses and parameters.
WORDPRESS_WORDS = """
_links about approve approved attachment author_avatar_urls author_email author_ip
author_user_agent avatar block_version categories category children class_list closed collection
comment comment_status comments context count curies d date date_gmt edit embeddable excerpt
featured_media footnotes format g generated_slug guid hentry hold href id in-reply-to include ids
link me meta modified modified_gmt mm monthnum name open order asc orderby p page paragraph password
per_page permalink_template ping_status posts post_tag post_type postname predecessor-version
protected publish r raw rel rendered replies rest_comment_invalid_id revisions slug standard sticky
tags targetHints taxonomy templated trash type types uploads users version-history w wordpress wp
wp-content wp-json year post- category- type-post status-publish post-trashed comment- up v2
featuredmedia term action-publish action-unfiltered-html action-sticky action-assign-author
action-assign-categories
"""
# HTTP, HTML, RSS and Atom.
WEB_WORDS = """
Accept Accept-Encoding Access-Control-Expose-Headers Allow Apache Authorization Basic Cache-Control
Connection Content-Length Content-Type Date ETag Expires GET GMT Host Last-Modified Link Server
Strict-Transport-Security Transfer-Encoding User-Agent Vary X-Content-Type-Options X-Robots-Tag
X-WP-Total X-WP-TotalPages application chunked charset UTF-8 https identity image jpeg json
keep-alive max-age must-revalidate nginx no-cache no-store nosniff noindex private rss xml
CDATA alternate comments commentRss creator dc description encoded entry feed html isPermaLink item
pubDate published slash summary text updated wfw
"""
ALLOWED = set(f"{OUR_WORDS}{WORDPRESS_WORDS}{WEB_WORDS}".split())
WORD = re.compile(r"[^\W\d_][\w-]*|_\w+")


def held() -> str:
    return dictionary_bytes(DICTIONARY).decode()


def test_only_words_of_the_formats_stand_in_it() -> None:
    assert sorted(set(WORD.findall(held().replace("\\n", " "))) - ALLOWED) == []


def test_nothing_in_it_could_be_about_anybody() -> None:
    text = held()
    assert "@" not in text
    assert text.isascii()
    assert not re.search(r"://(\\?/)*[^\s\"'\\/<{\]?#%]+\.", text)  # no host
    assert not re.search(r"\b(\d+\.){3}\d+\b", text)  # no IP address
    assert not re.search(r"[0-9a-f]{16}", text)  # no digest
    longest = max(re.findall(r"\d+", text), key=len)
    assert len(longest) < 9, f"{longest} could be a number that means somebody"
    assert not re.search(r"\d{6,8}-?\d{4}", text)  # no personal number


def test_it_is_small_readable_and_no_trained_dictionary() -> None:
    data = dictionary_bytes(DICTIONARY)
    assert len(data) <= MOST
    assert not data.startswith(b"\x37\xa4\x30\xec")  # the magic number of a trained one
    assert (
        zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_RAWCONTENT).dict_id() == 0
    )


def test_these_bytes_open_every_frame_ever_sealed_with_number_1() -> None:
    """Other bytes are another dictionary: give it the next number."""
    assert sha256(dictionary_bytes(1)).hexdigest() == FROZEN


def test_what_was_sealed_comes_out_again() -> None:
    for edit in (False, True):
        raw = corpus.encode(corpus.comment(7, "S", edit=edit))
        sealed = seal(
            FrameKind.VERSION, {"kind": "comment", "text": "Hej 👍"}, raw, random=seeded(1)
        )
        opened = unseal(sealed.frame, sealed.dek)
        assert opened == (FrameKind.VERSION, {"kind": "comment", "text": "Hej 👍"}, raw)


def test_a_short_comment_takes_two_thirds_of_the_place_or_less() -> None:
    bare = zstandard.ZstdCompressor(level=3, write_checksum=False)
    for edit in (False, True):
        for number in range(1, 50):
            raw = corpus.encode(corpus.comment(number, "S", edit=edit))
            frame = seal(FrameKind.VERSION, {}, raw, random=seeded(number)).frame
            assert len(frame) - 50 < 0.67 * len(bare.compress(raw))


def test_threads_may_seal_and_open_at_the_same_time() -> None:
    """A compression context that two threads share mixes their bytes, or crashes."""

    def several(number: int) -> None:
        for i in range(200):
            sealed = sealed_version(1000 * number + i, seeded(number))
            assert unseal(sealed.frame, sealed.dek).envelope == sealed.envelope

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(several, range(8)))
