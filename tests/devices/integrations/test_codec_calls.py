"""Downlinks through the child, and that no codec takes from another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.devices.integrations.codec import CodecInput, CodecRunner

GOOD = "function decodeUplink(input) { return { data: { level: input.bytes[0] / 100 } }; }"
DOWN = """
function encodeDownlink(input) {
  if (input.data.lamp === undefined) { return { errors: ["lamp is missing"] }; }
  return { bytes: [input.data.lamp ? 1 : 0], fPort: 10, warnings: ["slow"] };
}
function decodeDownlink(input) { return { data: { lamp: input.bytes[0] === 1, port: input.fPort } }; }
"""
EVENT = CodecInput(b"\x78", 1, "2026-11-01T00:00:00+00:00")


@pytest.fixture(scope="module")
def runner() -> Iterator[CodecRunner]:
    with CodecRunner() as runner:
        yield runner


def test_a_downlink_is_encoded_and_read_again(runner: CodecRunner) -> None:
    made = runner.encode("lamp", DOWN, {"lamp": True})
    assert (made.bytes, made.f_port, made.warnings, made.failure) == (b"\x01", 10, ["slow"], "")
    assert made.ms is not None
    read = runner.decode_downlink("lamp", DOWN, CodecInput(made.bytes, 10, EVENT.received))
    assert (read.values, read.failure) == ({"lamp": True, "port": 10}, "")
    refused = runner.encode("lamp", DOWN, {})
    assert (refused.failure, refused.detail) == ("error", "lamp is missing")


@pytest.mark.parametrize(
    ("output", "failure"),
    [
        ("{bytes: [256]}", "not_bytes"),
        ("{bytes: [1.5]}", "not_bytes"),
        ("{bytes: 'no'}", "not_bytes"),
        ("{bytes: {length: -1}}", "not_bytes"),
        ("{}", "not_bytes"),
        ("{bytes: [1], fPort: 0}", "bad_port"),
        ("{bytes: [1], fPort: '10'}", "bad_port"),
        ("7", "not_an_object"),
        ("{bytes: new Uint8Array([1, 2])}", ""),
    ],
)
def test_what_is_no_downlink_is_refused(runner: CodecRunner, output: str, failure: str) -> None:
    script = f"function encodeDownlink() {{ return {output}; }}"
    assert runner.encode(output, script, {}).failure == failure
    assert runner.encode("good", GOOD, {}).failure == "no_function"


def test_one_version_sees_nothing_of_another(runner: CodecRunner) -> None:
    leave = "globalThis.secret = 7; Array.prototype.hidden = 7; JSON.parse = null;" + GOOD
    look = "function decodeUplink() { return { data: { s: typeof secret, h: typeof [].hidden } }; }"
    runner.decode("one", leave, [EVENT])
    assert runner.decode("other", look, [EVENT])[0].values == {"s": "undefined", "h": "undefined"}


def test_an_output_says_how_long_it_took_when_asked(runner: CodecRunner) -> None:
    assert runner.decode("good", GOOD, [EVENT], careful=True)[0].ms is not None
    assert runner.decode("good", GOOD, [EVENT])[0].ms is None


def test_what_a_codec_throws_without_words_is_its_error(runner: CodecRunner) -> None:
    script = "function decodeUplink() { throw { toString: function () { throw 1; } }; }"
    assert runner.decode("mute", script, [EVENT])[0].failure == "error"


def test_an_error_says_where(runner: CodecRunner) -> None:
    script = "function decodeUplink() {\n  return missing; }"
    (output,) = runner.decode("where", script, [EVENT])
    assert output.failure == "error"
    assert "missing" in output.detail
    assert ":2" in output.detail


#: QuickJS has many words for want of memory, and none when not even its error fits any more.
FULL = ["new Array(80).fill('x')", "new Array(108).fill('x')", "'x'.repeat(97779) + a.length", "[1, {}]"]


@pytest.mark.parametrize("fill", FULL)
def test_want_of_memory_is_called_so_wherever_it_strikes(runner: CodecRunner, fill: str) -> None:
    script = f"function decodeUplink() {{ var a = []; while (true) a.push({fill}); }}"
    (output,) = runner.decode(fill, script, [EVENT])
    assert output.failure in {"memory", "timeout", "killed"}, output


def test_a_codec_that_only_loops_holds_up_the_others_no_longer_either() -> None:
    """Its own clock ends each loop after 0.2 s; a batch of five hundred would still stand for minutes."""
    with CodecRunner(silence=0.4) as runner:
        script = "function decodeUplink(i) { while (i.fPort == 1) {} }"
        failures = [output.failure for output in runner.decode("loop", script, [EVENT] * 100)]
        assert failures[-1] == "resting"
        assert sum(failure != "resting" for failure in failures) <= 8, failures
        assert runner.decode("good", GOOD, [EVENT])[0].values == {"level": 1.2}
        assert runner.stopped() == ["loop"]
        assert runner.stopped() == []
