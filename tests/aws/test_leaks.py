"""The check of `leaks.py` finds what it shall find."""

from __future__ import annotations

import json

import leaks

TOKEN = "AQC" + "".join(chr(65 + number * 7 % 26) for number in range(600))


def test_tokens_and_links_of_events_and_answers_are_remembered(monkeypatch):
    monkeypatch.setattr(leaks, "_secrets", set())
    leaks.note(json.dumps({"token": TOKEN, "actions": []}).encode())
    leaks.note(json.dumps({"body": json.dumps({"token": TOKEN[::-1], "actions": []})}).encode())
    link = "A1_-" * 40
    leaks.note(json.dumps({"urls": {"a": f"https://example.com/respond?data=3-{link}"}}).encode())
    assert leaks._secrets == {TOKEN.encode(), TOKEN[::-1].encode(), link.encode()}


def test_a_piece_of_a_secret_is_found_wherever_it_was_cut():
    wanted = leaks.pieces({TOKEN.encode()})
    for written in (TOKEN, TOKEN[7:60], "x" + TOKEN[300:350] + "y"):
        assert leaks.leaks(b"first\n" + written.encode() + b"\nlast", wanted) == [2]
    assert leaks.leaks(b"first\nlast " + b"A" * 100, wanted) == []
