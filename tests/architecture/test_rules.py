from __future__ import annotations

from types import ModuleType

import pytest

from tests.architecture.rules import (
    contracts,
    docs,
    licenses,
    migrations,
    sizes,
    templates,
    traces,
    writes,
)
from tests.architecture.rules.tree import ROOT


@pytest.mark.parametrize(
    "rule",
    [contracts, sizes, templates, migrations, writes, docs, traces, licenses],
    ids=lambda rule: rule.__name__.rpartition(".")[2],
)
def test_house_rule_is_kept(rule: ModuleType) -> None:
    problems = rule.problems(ROOT)
    assert not problems, "\n" + "\n".join(problems)
