"""English texts with a number that can be 1 have a singular."""

from __future__ import annotations

import re

import polib
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

#: A number, perhaps one word, and what is counted.
COUNTED = re.compile(r"%\(\w+\)[sd](?:</?\w+>)? (?:[a-z]+ )?([a-z]+s)\b")
#: Texts whose number is fixed in the code and above 1, or is known to be above 1 where it is said.
ABOVE_ONE = frozenset(
    {
        "%(bytes)d bytes are the most",  # the smallest payload that LoRaWAN knows has 11
        "%(count)d bytes: a LoRaWAN payload has",  # more than fit
        "%(count)s messages are too many",  # more than 5,000
        "%(most)s models are the most.",
        "%(name)s reviews: ",  # a person's name
        "%(share)s%% of the guide of %(guide)s messages",
        "%(size)s bytes, shown with line breaks",
        "A message may have %(most)d bytes",
        "A model has %(most)d examples",
        "An application has at most %(most)",
        "An organization can have %(most)d",
        "Ask for at most %(days)d days",
        "At most %(",
        "Both keys can work for up to %(days)d days",
        "Choose %(least)d to %(most)d minutes",
        "Choose a shorter time: up to %(most)",
        "Every application has %(wanted)s reviewers or more.",  # three
        "Messages of this length do not arrive",
        "Name one to %(count)s devices.",
        "Please enter this code on the page",
        "Please shorten ",
        "Send at most %(most)d",
        "Since %(time)s messages arrive",  # a time
        "That would be %(count)s lines.",
        "The codec has %(count)d characters",  # more than are allowed
        "The file has more than %(most)d gateways.",
        "The law allows %(limit)d seconds in an hour.",
        "The limit in an hour is %(limit)s seconds.",
        "The newest %(shown)s of %(total)s squares",
        "These are %(count)d bytes.",  # more than fit
        "This file has %(count)d devices.",  # more than 500
        "Up to %(bytes)d bytes also arrive",
        "Write up to %(most)d",
        "You have %(count)d keys. Revoke one first.",
        "Your organization has %(most)d models",
        "please draw the area with %(most)d corners",
        "please shorten ",
    }
)


def test_a_number_that_can_be_one_has_a_singular() -> None:
    catalogue = polib.pofile(str(settings.BASE_DIR / "locale" / "ja" / "LC_MESSAGES" / "django.po"))
    # What is counted anywhere: the words that a plural has and its singular has not.
    things = {
        word
        for entry in catalogue
        if entry.msgid_plural
        for word in set(COUNTED.findall(entry.msgid_plural)) - set(COUNTED.findall(entry.msgid))
    }
    assert {"devices", "messages", "trials"} <= things
    counted = [
        entry.msgid
        for entry in catalogue
        if not entry.msgid_plural and not things.isdisjoint(COUNTED.findall(entry.msgid))
    ]
    assert [text for text in counted if not text.startswith(tuple(ABOVE_ONE))] == []
    assert [start for start in ABOVE_ONE if not any(text.startswith(start) for text in counted)] == []


def test_one_of_something_has_its_unit_in_the_singular() -> None:
    counts = {"worked": 1, "partly": 2, "did_not": 0, "stopped": 1}
    meter = {"quota": {"granted": 1}, "used": 0}
    with translation.override("en"):
        numbers = render_to_string("reports/_counts.html", {"counts": counts})
        standing = render_to_string("trials/_list_numbers.html", {"standing": [("running", 1)]})
        today = render_to_string("telemetry/_trial_usage.html", meter)
    assert re.findall(r'value-unit">(\w+)<', numbers + standing) == [
        "trial",
        "trials",
        "trials",
        "trial",
        "trial",
    ]
    assert re.search(r"0</span> / 1 message<", today)
