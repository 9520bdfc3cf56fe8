"""The language of SensorThings: what is read comes out as it was meant; nothing makes it stumble."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.telemetry.errors import BadOption
from apps.telemetry.rules.sta.evaluate import constant, holds, names
from apps.telemetry.rules.sta.filters import Expression, Path, filter_parse
from apps.telemetry.rules.sta.kinds import KINDS, SETS
from apps.telemetry.rules.sta.options import options_parse, split
from apps.telemetry.rules.sta.paths import path_parse
from apps.telemetry.rules.sta.units import unit_of
from apps.telemetry.selectors.sta.conditions import condition_of, observation_id, observation_id_read

#: As many tries as a busy machine makes quickly; how long one takes is nobody's matter here.
freely = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ROW: dict[str, Any] = {
    "a": 5,
    "b": 2.5,
    "text": "O'Neil の水位",
    "yes": True,
    "none": None,
    "time": datetime(2026, 11, 1, 0, 30, tzinfo=UTC),
    "iso": "2026-11-01T00:30:00Z",
    "many": (1, 2, 3),
}


def reach(path: Path) -> list[Any]:
    value = ROW.get("/".join(path.parts))
    return list(value) if isinstance(value, tuple) else [value]


def truth(text: str) -> bool:
    return holds(filter_parse(text), reach)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a eq 5 and b lt 3 or yes eq false", True),
        ("yes eq false and a eq 5 or b gt 3", False),
        ("not a eq 5", False),
        ("not (a eq 5) or yes", True),
        ("not not (a eq 5)", True),
        ("a add 1 mul 2 eq 7", True),
        ("(a add 1) mul 2 eq 12", True),
        ("a sub 1 sub 1 eq 3", True),
        ("a mod 2 eq 1 and a div 2 eq b", True),
        ("a div 0 eq 1", False),
        ("text eq 'O''Neil の水位'", True),
        ("substringof('水', text) and contains(text, 'Neil')", True),
        ("startswith(tolower(text), 'o''n') and length(text) eq 10", True),
        ("indexof(text, 'N') eq 2 and substring(text, 2, 4) eq 'Neil'", True),
        ("concat(trim('  x '), toupper('y')) eq 'xY'", True),
        ("time eq 2026-11-01T09:30:00+09:00 and time eq 2026-11-01T09:30:00", True),
        ("time gt 2026-11-01T09:29:59 09:00", True),
        ("time lt '2026-11-01T00:31:00Z' and iso lt 2026-11-01T00:31:00Z", True),
        ("year(time) eq 2026 and hour(iso) eq 0 and minute(time) eq 30", True),
        ("during(time, 2026-11-01/2026-11-02) and before(time, now())", True),
        ("time gt 2026-10-01/2026-10-31 and time lt 2026-11-02/2026-11-03", True),
        ("time add duration'PT30M' eq 2026-11-01T01:00:00Z", True),
        ("none eq null and a ne null and missing eq null", True),
        ("yes eq 1 or a eq '5' or a gt '4' or none gt 1", False),
        ("many eq 2 and many ne 2", True),
        ("many gt 3", False),
        ("round(b) eq 3 and floor(b) eq 2 and ceiling(b) eq 3 and -1 lt a", True),
        ("a eq 5.0 and b eq 25e-1 and a lt 1e400", True),
        ("a", False),
    ],
)
def test_a_filter_means_what_it_says(text: str, expected: bool) -> None:
    assert truth(text) is expected


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0),
        ("a eq", 4),
        ("a eq 5 5", 7),
        ("a = 5", 2),
        ("(a eq 5", 7),
        ("a eq 5)", 6),
        ("length(text, 1)", 0),
        ("length(text 1)", 12),
        ("nothing(1)", 0),
        ("a eq 2026-13-01", 5),
        ("a eq duration'x'", 5),
        ("a eq 2026-11-02/2026-11-01", 16),
        ("a eq 1/2", 7),
        ("a eq 'x", 5),
        ("not", 3),
        ("a" * 5000, 4000),
        ("a " * 400, 600),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, at: int) -> None:
    with pytest.raises(BadOption) as refused:
        filter_parse(text)
    assert (refused.value.option, refused.value.at) == ("$filter", at)


def test_what_names_no_property_is_a_constant() -> None:
    assert constant(filter_parse("1 add 2")) == (3,)
    assert constant(filter_parse("null")) == (None,)
    assert constant(filter_parse("a add 2")) is None
    day = constant(filter_parse("now() sub duration'P1D'"))
    assert day
    assert abs(datetime.now(UTC) - timedelta(days=1) - day[0]) < timedelta(minutes=1)


def test_too_many_pairs_are_refused_not_reckoned() -> None:
    wide = {Path(("x",), 0).parts: list(range(1000))}
    with pytest.raises(BadOption):
        holds(filter_parse("x add x add x gt 5"), lambda path: wide[path.parts])
    with pytest.raises(BadOption):
        holds(filter_parse("concat(x, x) eq 'a'"), lambda path: wide[path.parts])


_OPERANDS = st.sampled_from(
    ["a", "b", "text", "many", "5", "'x'", "true", "null", "2026-11-01", "now()", "time"]
)


def _trees() -> st.SearchStrategy[str]:
    return st.recursive(
        st.builds("{} {} {}".format, _OPERANDS, st.sampled_from(["eq", "ne", "gt", "add", "mod"]), _OPERANDS),
        lambda inner: st.one_of(
            st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or", "eq", "sub"]), inner),
            st.builds("not ({})".format, inner),
            st.builds("startswith({}, {})".format, inner, _OPERANDS),
            st.builds("year({})".format, inner),
        ),
        max_leaves=8,
    )


@freely
@given(_trees())
def test_every_tree_is_true_or_false_and_its_opposite(text: str) -> None:
    assert truth(text) is not truth(f"not ({text})")


@freely
@given(_trees())
def test_a_tree_becomes_sql_with_as_many_values_as_places_or_is_refused(text: str) -> None:
    tree = filter_parse(text.replace("time", "phenomenonTime").replace("many", "result"))
    try:
        condition = condition_of([tree])
    except BadOption:
        return
    assert condition.sql.count("%s") == len(condition.parameters)
    assert "'x'" not in condition.sql


@freely
@given(st.text(alphabet="abeq not()'/,;$=@.:-+0123456789TZ#%\x00é水", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for option in ("$filter", "$orderby", "$select", "$expand", "$top", "$count"):
        for kind in (KINDS["Thing"], KINDS["Observation"]):
            with suppress(BadOption):
                options_parse([(option, text)], kind)
    assert path_parse(text) is None or path_parse(text)


@freely
@given(st.text(max_size=30))
def test_a_quoted_id_comes_out_as_it_went_in(text: str) -> None:
    quoted = text.replace("'", "''")
    steps = path_parse(f"Things('{quoted}')/Datastreams")
    assert steps is not None
    assert [(step.name, step.id) for step in steps] == [("Things", text), ("Datastreams", None)]


@freely
@given(st.uuids(), st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)), st.text())
def test_an_observations_id_comes_out_as_it_went_in(identity: Any, time: datetime, name: str) -> None:
    assert observation_id_read(observation_id(identity, time, name)) == (identity, time, name)


@freely
@given(st.lists(st.text(alphabet="ab'", max_size=5).map(lambda text: "'" + text.replace("'", "''") + "'")))
def test_quotes_and_brackets_keep_together(parts: list[str]) -> None:
    assert [part for part, _at in split(",".join(f"f({part},1)" for part in parts), ",", "$x")] == [
        f"f({part},1)" for part in parts
    ]


def test_nested_options() -> None:
    inner = "Observations($top=1;$orderby=phenomenonTime desc;$filter=result eq ';)')"
    text = f"Datastreams($expand={inner};$top=5),Locations"
    options = options_parse([("$expand", text), ("other", "x")], KINDS["Thing"])
    streams = options.expand["Datastreams"]
    readings = streams.expand["Observations"]
    assert (streams.top, readings.top, readings.order[0].descending) == (5, 1, True)
    assert readings.filter is not None
    assert list(options.expand) == ["Datastreams", "Locations"]


def test_expanding_goes_five_deep() -> None:
    deep = "Datastreams/Thing/Datastreams/Thing/Datastreams"
    assert options_parse([("$expand", deep)], KINDS["Thing"]).expand["Datastreams"].expand
    with pytest.raises(BadOption):
        options_parse([("$expand", deep + "/Thing")], KINDS["Thing"])


def test_every_link_has_a_way_and_every_set_a_kind() -> None:
    assert len(SETS) == len(KINDS) == 8
    for kind in KINDS.values():
        assert set(kind.free) <= set(kind.properties)
        for link in kind.links.values():
            assert link.kind in KINDS


def test_units_known_and_unknown() -> None:
    assert unit_of("°C")["definition"] == "http://qudt.org/vocab/unit/DEG_C"
    assert unit_of("富山") == {"name": "富山", "symbol": "富山", "definition": None}
    assert set(unit_of("").values()) == {None}


def test_names_of_a_tree() -> None:
    tree: Expression = filter_parse("startswith(a, 'x') and not (b/c eq d)")
    assert [path.parts for path in names(tree)] == [("a",), ("b", "c"), ("d",)]
