"""Each check is shown to fail: one fault at a time is planted in a copy of the tree."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.architecture.rules import contracts, docs, licenses, migrations, sizes, templates, traces, writes
from tests.architecture.rules.tree import ROOT
from tests.architecture.test_access import test_every_route_has_a_row as sweep_is_complete

BIN = Path(sys.executable).parent
COPIED = (
    "apps",
    "config",
    "templates",
    "locale",
    "docs",
    "deploy",
    "manage.py",
    "Makefile",
    "pyproject.toml",
)
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", "incoming")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as it is, in a repository of its own."""
    root = tmp_path_factory.mktemp("planted") / "tree"
    root.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=IGNORED)
        else:
            shutil.copy2(source, root / name)
    shutil.copy2(ROOT / ".gitignore", root)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


@contextmanager
def planted(root: Path, name: str, text: str, *, instead_of: str = "") -> Iterator[None]:
    """``text`` at the end of the file ``name`` (or in place of ``instead_of``) while the block runs."""
    path = root / name
    before = path.read_bytes() if path.exists() else None
    content = before.decode() if before else ""
    assert instead_of in content, f"{name} no longer has {instead_of!r}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content.replace(instead_of, text, 1) if instead_of else content + text, encoding="utf-8")
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


def run(root: Path, *command: str) -> str:
    """The output of a check that must fail."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "PYTHONPATH": str(root),
        "COLUMNS": "200",
    }
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=root, env=env, capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    assert done.returncode != 0, f"{command} found nothing:\n{output[-2000:]}"
    return output


#: What is wrong, the file it is planted in, the text, and what the check says of it.
IMPORTS = {
    "upward": ("apps/core/clock.py", "from apps.portal import urls", "apps.core.clock -> apps.portal.urls"),
    "inside an app": (
        "apps/trials/models/trial.py",
        "from apps.trials import selectors",
        "apps.trials.models.trial -> apps.trials.selectors",
    ),
    "in a function": (
        "apps/reports/models.py",
        "def f():\n    from apps.reports import urls",
        "apps.reports.models -> apps.reports.urls",
    ),
    "file name": ("apps/calls/helpers.py", "", "apps.calls.helpers"),
    "file name in core": ("apps/core/helpers.py", "", "apps.core.helpers"),
    "app": ("apps/newcomer/__init__.py", "", "apps.newcomer"),
    "foreign form": (
        "apps/telemetry/models/uplink.py",
        "from apps.devices import forms",
        "apps.telemetry.models.uplink -> apps.devices.forms",
    ),
    "web": ("apps/audit/domain.py", "import rest_framework", "apps.audit.domain -> rest_framework"),
}


@pytest.fixture(scope="module")
def broken_contracts(copy: Path) -> str:
    """What is said of all of them together: each run reads the whole tree."""
    with ExitStack() as stack:
        for name, text, _found in IMPORTS.values():
            stack.enter_context(planted(copy, name, f"\n{text}\n"))
        return run(copy, "lint-imports", "--no-cache")


@pytest.mark.parametrize("fault", IMPORTS)
def test_import_contracts_fail(broken_contracts: str, fault: str) -> None:
    assert IMPORTS[fault][2] in broken_contracts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\n\ndef planted() -> None:\n    import json\n", "PLC0415"),
        ("\nfrom django.http import HttpRequest\n", "TID251"),
        ("\nfrom .clock import now\n", "TID252"),
        ("\n\ndef planted(x: int) -> int:\n    return x  # type: ignore\n", "PGH003"),
        ("\n\ndef planted() -> None:\n    print(1)\n", "T201"),
    ],
    ids=["inline import", "http", "relative import", "bare ignore", "print"],
)
def test_lint_fails(copy: Path, text: str, found: str) -> None:
    with planted(copy, "apps/core/text.py", text):
        assert found in run(copy, "ruff", "check", "apps/core/text.py")


def test_format_fails(copy: Path) -> None:
    with planted(copy, "apps/core/text.py", "\nx = {'a':1}\n"):
        assert "text.py" in run(copy, "ruff", "format", "--check", "apps/core/text.py")


def test_types_fail(copy: Path) -> None:
    fault = (
        "\n\ndef planted() -> int:\n    return SiteSettings().site_name\n"
        "\n\ndef untyped(x):\n    return SiteSettings.objects.filter(nosuch=x)\n"
    )
    with planted(copy, "apps/core/site.py", fault):
        output = run(copy, "mypy", "--follow-imports=silent", "--cache-dir=.mypy_cache", "apps/core/site.py")
    assert "[return-value]" in output
    assert "[no-untyped-def]" in output
    assert 'Cannot resolve keyword "nosuch"' in output or "nosuch" in output


def test_missing_migration_fails(copy: Path) -> None:
    with planted(copy, "apps/core/models.py", "max_length=61", instead_of="max_length=60"):
        output = run(copy, "python", "manage.py", "makemigrations", "--check", "--dry-run")
    assert "Alter field" in output


def test_missing_translation_fails(copy: Path) -> None:
    with planted(copy, "templates/base.html", '{% translate "A planted text that nobody translated" %}'):
        assert "A planted text" in run(copy, "python", "deploy/local/messages.py", "--check")


FUNCTION = "\n\ndef planted() -> int:\n    x = 0\n" + "    x += 1\n" * 40 + "    return x\n"
RULES: list[tuple[Callable[[Path], list[str]], str, str, str]] = [
    (sizes.problems, "apps/core/text.py", FUNCTION, "text.py:planted has 43 lines"),
    (sizes.problems, "apps/core/long.py", "x = 1\n" * 401, "long.py has 401 lines"),
    (sizes.problems, "templates/long.html", "<p></p>\n" * 151, "long.html has 151 lines"),
    (templates.problems, "templates/a.html", "{% if x %}", "Unclosed tag"),
    (templates.problems, "templates/a.html", '{% include "no/such.html" %}', "no/such.html"),
    (templates.problems, "templates/a.html", '<p class="a"\n style="color:red">', "a style attribute"),
    (templates.problems, "templates/a.html", "<style>p{}</style>", "a style element"),
    (templates.problems, "templates/a.html", "<script>x()</script>", "a script without src"),
    (templates.problems, "templates/a.html", '<a onclick="x()">', "an inline event handler"),
    (templates.problems, "templates/a.html", '<script src="https://cdn.example/x.js">', "from elsewhere"),
    (templates.problems, "templates/a.html", "{{ x|safe }}", "not escaped"),
    (
        templates.problems,
        "templates/a.html",
        "{% load i18n %}{% blocktranslate %}a\nb{% endblocktranslate %}",
        "not trimmed",
    ),
    (templates.problems, "apps/core/text.py", "\nX = '<p style=\"top:0\">'\n", "inline style"),
    (migrations.problems, "apps/core/migrations/0099_auto_20261121.py", "", "say what it does"),
    (migrations.problems, "apps/core/migrations/0099_x.py", "from apps.core import text\n", "imports code"),
    (
        migrations.problems,
        "apps/core/migrations/0099_x.py",
        "from django.db import migrations\nx = migrations.RunPython(print)\n",
        "no way back",
    ),
    (
        writes.problems,
        "apps/trials/selectors/public.py",
        "\n\ndef planted(t):\n    t.save()\n",
        "that belongs in domain",
    ),
    (
        writes.problems,
        "apps/trials/rules/shown.py",
        "\n\ndef planted(t):\n    X.objects.filter(a=1).update(a=2)\n",
        "that belongs in domain",
    ),
    (
        writes.problems,
        "apps/audit/domain.py",
        "\n\ndef planted(*, request):\n    pass\n",
        "planted takes a request",
    ),
    (
        writes.problems,
        "apps/audit/domain.py",
        "\n\ndef planted(row):\n    row.save()\n",
        "domain.py:planted writes",
    ),
    (docs.problems, "config/env.py", "\nX = 'MACHITRY_PLANTED_SECRET'\n", "MACHITRY_PLANTED_SECRET"),
    (docs.problems, "apps/core/management/commands/planted.py", "", "The command planted"),
    (docs.problems, "apps/newcomer/apps.py", "", "apps/newcomer has no README.md"),
    (docs.problems, "docs/decisions/first-thoughts.md", "", "NNNN-what-was-decided"),
    (traces.problems, "docs/note.md", "see /home/someone/secret/file\n", "an absolute path"),
    (traces.problems, "docs/note.md", "--index-url https://pypi.company.example/simple\n", "a registry"),
    (contracts.problems, "apps/audit/forms.py", "", "apps.audit.forms is missing"),
    (contracts.problems, "apps/newcomer/apps.py", "", "no contract of inner layers"),
]


@functools.cache
def unplanted(rule: Callable[[Path], list[str]], copy: Path) -> list[str]:
    """What ``rule`` says before anything is planted; after each fault the tree is as it was."""
    return rule(copy)


@pytest.mark.parametrize(("rule", "name", "text", "found"), RULES, ids=[row[3] for row in RULES])
def test_house_rule_fails(
    copy: Path, rule: Callable[[Path], list[str]], name: str, text: str, found: str
) -> None:
    assert not any(found in problem for problem in unplanted(rule, copy))
    with planted(copy, name, text):
        assert any(found in problem for problem in rule(copy)), rule(copy)


@pytest.mark.parametrize(
    ("text", "runtime", "refused"),
    [
        ("AGPL-3.0-only", False, True),
        ("License :: OSI Approved :: GNU Affero General Public License v3", False, True),
        ("GPL-3.0", True, True),
        ("GPL-3.0", False, False),
        ("LGPL-3.0", True, False),
        ("GPL-2.0 OR MIT", True, False),
        ("MIT", True, False),
    ],
)
def test_license_is_refused(text: str, runtime: bool, refused: bool) -> None:
    assert licenses.is_refused(text, runtime=runtime) is refused


@pytest.mark.urls("tests.core.urls")
def test_route_without_a_row_fails() -> None:
    with pytest.raises(AssertionError, match="kept/"):
        sweep_is_complete()
