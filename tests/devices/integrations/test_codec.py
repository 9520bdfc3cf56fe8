from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.devices.integrations import codec
from apps.devices.integrations.codec import CodecInput, CodecOutput, CodecRunner, output_of

GOOD = "function decodeUplink(input) { return { data: { level: input.bytes[0] / 100, port: input.fPort } }; }"
#: Bad on port 2, good on every other.
BAD_ON_PORT_2 = {
    "loop": ("if (input.fPort == 2) { while (true) {} }", "timeout"),
    "memory": (
        "if (input.fPort == 2) { var a = []; while (true) a.push(new Array(1e5).fill('x')); }",
        "memory",
    ),
    "recursion": ("if (input.fPort == 2) { return decodeUplink(input); }", "recursion"),
    "regex": ("if (input.fPort == 2) { /(a+)+$/.test('a'.repeat(40) + 'b'); }", "killed"),
    "throws": ("if (input.fPort == 2) { throw new Error('no'); }", "error"),
    "text": ("if (input.fPort == 2) { return 'text'; }", "not_an_object"),
    "huge": ("if (input.fPort == 2) { return { data: { a: 'x'.repeat(100000) } }; }", "too_large"),
    "errors": ("if (input.fPort == 2) { return { errors: ['bad frame'] }; }", "error"),
    "deep": (
        "if (input.fPort == 2) { var d = {}; for (var i = 0; i < 99; i++) d = {d: d}; return {data: d}; }",
        "too_deep",
    ),
}


def event(port: int = 1, first: int = 120) -> CodecInput:
    return CodecInput(bytes([first, 0]), port, "2026-11-01T00:00:00+00:00")


@pytest.fixture
def runner() -> Iterator[CodecRunner]:
    with CodecRunner() as runner:
        yield runner


def test_a_payload_is_decoded(runner: CodecRunner) -> None:
    assert runner.decode("good", GOOD, [event()]) == [CodecOutput(values={"level": 1.2, "port": 1})]


@pytest.mark.parametrize("name", BAD_ON_PORT_2)
def test_only_the_guilty_event_is_marked(runner: CodecRunner, name: str) -> None:
    trap, failure = BAD_ON_PORT_2[name]
    script = GOOD.replace("{ return", "{ " + trap + " return", 1)
    outputs = runner.decode(name, script, [event(1), event(2), event(3), event(2), event(4)])
    # On a busy machine the clock may end what the memory limit would have ended.
    stopped = {failure, "timeout", "killed"} if failure in ("memory", "timeout") else {failure}
    failures = [(output.failure, output.detail) for output in outputs]
    assert [output.failure for output in outputs[::2]] == ["", "", ""], failures
    assert {output.failure for output in outputs[1::2]} <= stopped, failures
    assert [output.values["port"] for output in outputs if output.values] == [1, 3, 4]
    assert runner.decode("good", GOOD, [event()])[0].values == {"level": 1.2, "port": 1}


def test_a_machine_that_can_start_no_child_is_waited_for(
    runner: CodecRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory or processes may be short for a moment: who decodes tries again, and does not fall over."""
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(ChildProcessError):
            runner.decode("good", GOOD, [event()])
    assert runner.decode("good", GOOD, [event()])[0].values == {"level": 1.2, "port": 1}


def test_a_silent_child_is_killed(runner: CodecRunner) -> None:
    runner.decode("good", GOOD, [event()])
    first = runner.pid
    assert first is not None
    runner.decode("regex", "function decodeUplink(){ /(a+)+$/.test('a'.repeat(40)+'b'); }", [event()])
    assert runner.kills == 1
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        ("function decodeUplink({", "syntax"),
        ("var nothing = 1;", "no_function"),
        ("", "no_function"),
        ("while (true) {}", "timeout"),
    ],
)
def test_a_codec_that_cannot_load_says_why(runner: CodecRunner, script: str, failure: str) -> None:
    assert [o.failure for o in runner.decode("x", script, [event(), event()])] == [failure, failure]


def test_numbers_that_are_none_become_null(runner: CodecRunner) -> None:
    script = "function decodeUplink() { return { data: { a: NaN, b: 1 / 0, c: 1 }, warnings: ['low'] }; }"
    assert runner.decode("nan", script, [event()]) == [
        CodecOutput(values={"a": None, "b": None, "c": 1}, warnings=["low"])
    ]


def test_the_child_holds_no_rights_and_no_descriptors(runner: CodecRunner) -> None:
    runner.decode("good", GOOD, [event()])
    assert runner.pid is not None
    process = Path("/proc") / str(runner.pid)
    lines = (process / "status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    if os.getuid() == 0:
        assert status["Uid"].split() == ["65534"] * 4
        assert status["CapEff"].strip("0") == ""
    assert status["NoNewPrivs"] == "1"
    # 2: only the calls that are allowed. Without a database, a broker or a file there is nothing to reach.
    assert status["Seccomp"] == "2"
    limits = dict(re.findall(r"^(Max [a-z ]+?)  +(\S+)", (process / "limits").read_text(), re.MULTILINE))
    assert [limits[f"Max {name}"] for name in ("file size", "processes", "core file size")] == ["0"] * 3
    assert int(limits["Max address space"]) == 512 * 1024 * 1024
    assert int(limits["Max open files"]) == 16
    targets = sorted(str(link.readlink()).split(":")[0] for link in (process / "fd").iterdir())
    assert targets == ["/dev/null", "pipe", "pipe"]
    assert (process / "environ").read_text() == ""


def test_the_filter_refuses_files_sockets_and_programs() -> None:
    """The child's own functions in a process that then tries what a broken-out codec would."""
    code = (
        "import sys, os, socket; sys.path.insert(0, sys.argv[1]); import codec_child; codec_child.seal()\n"
        "for act in (lambda: open('/etc/passwd'), socket.socket, os.fork, lambda: os.kill(1, 0),\n"
        "            lambda: os.execv('/bin/true', ['true']), lambda: os.listdir('/')):\n"
        "    try: act(); print('open')\n"
        "    except PermissionError: print('refused')\n"
    )
    folder = str(Path(codec.__file__).parent)
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused"] * 6


def test_a_new_version_replaces_the_old_in_the_same_child(runner: CodecRunner) -> None:
    for level in (1, 2):
        script = f"function decodeUplink() {{ return {{ data: {{ v: {level} }} }}; }}"
        assert runner.decode(f"v{level}", script, [event()])[0].values == {"v": level}


@pytest.mark.parametrize("answer", ["'[1]'", "'7'", "'null'", "7", "undefined", "'{'"])
def test_a_codec_that_takes_over_the_wrapper_answers_for_itself_only(
    runner: CodecRunner, answer: str
) -> None:
    script = (
        "Object.defineProperty(globalThis, '__run', "
        f"{{ value: function () {{ return {answer}; }}, writable: false }});"
    )
    assert runner.decode("sly", script, [event()])[0].failure in ("not_an_object", "error")
    assert runner.decode("good", GOOD, [event()])[0].failure == ""


@pytest.mark.parametrize("answer", [None, [], 7, "text", {}, {"data": 1}, {"failure": ["x"]}])
def test_any_answer_becomes_an_output(answer: object) -> None:
    assert output_of(answer).failure != ""


def test_a_number_too_large_for_a_column_is_a_double(runner: CodecRunner) -> None:
    script = "function decodeUplink() { return { data: { a: 12345678901234567890, b: 9007199254740991 } }; }"
    assert runner.decode("big", script, [event()])[0].values == {"a": 1.2345678901234567e19, "b": 2**53 - 1}


def test_what_earlier_events_left_behind_does_not_fail_a_later_one(runner: CodecRunner) -> None:
    script = "var kept = []; function decodeUplink(i) { kept.push(new Uint8Array(2e6)); return {data: {}}; }"
    outputs = runner.decode("leak", script, [event()] * 100)
    assert {output.failure for output in outputs} == {""}


@pytest.mark.parametrize(("kept", "second"), [(1, 2), (500_000, 1)], ids=["a little", "much"])
def test_a_codec_keeps_little_between_two_batches(runner: CodecRunner, kept: int, second: int) -> None:
    script = (
        f"var n = 0, kept = new Array({kept}).fill('x');"
        " function decodeUplink() { n++; return { data: { n: n } }; }"
    )
    found = [runner.decode("hoard", script, [event()])[0].values for _batch in range(2)]
    assert found == [{"n": 1}, {"n": second}]


def test_a_child_that_was_given_many_texts_makes_room(
    runner: CodecRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.devices.integrations.codec.TEXTS_MOST", len(GOOD))
    pids = set()
    for number in range(3):
        assert runner.decode(f"v{number}", GOOD, [event()])[0].failure == ""
        pids.add(runner.pid)
    assert len(pids) == 2


def test_a_codec_killed_again_and_again_rests_and_others_go_on(runner: CodecRunner) -> None:
    script = "function decodeUplink(){ /(a+)+$/.test('a'.repeat(40)+'b'); }"
    outputs = runner.decode("hang", script, [event()] * 6)
    assert [output.failure for output in outputs] == ["killed"] * 3 + ["resting"] * 3
    assert runner.decode("hang", script, [event()])[0].failure == "resting"
    assert runner.decode("good", GOOD, [event()])[0].failure == ""
    assert runner.kills == 3
    assert runner.stopped() == ["hang"]


def test_the_kernel_ends_a_hanging_child_whose_parent_is_gone(runner: CodecRunner) -> None:
    runner.decode("good", GOOD, [event()])
    assert runner.pid is not None
    limits = (Path("/proc") / str(runner.pid) / "limits").read_text()
    soft = re.search(r"^Max cpu time +(\w+)", limits, re.MULTILINE)
    assert soft
    assert 0 < int(soft.group(1)) < 60
