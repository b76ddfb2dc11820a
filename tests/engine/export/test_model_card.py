from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.export.model_card import Counted, model_card
from searchengine.export.spec import ExportSpec

from .specs import chain_spec

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ["```\n# Approved", "</pre><script>", "**x**", "![](http://a/b)", "|a|b|", "$x$"]
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ExportSpec:
    return ExportSpec.from_json(chain_spec(tmp_path_factory.mktemp("card")))


def card(spec: ExportSpec) -> str:
    architecture = spec.architecture(spec.members[0])
    return model_card(spec, [Counted("model.py", architecture, {"accuracy": 0.9}, 4, 1234, 18)], 1e-5, 1e-4)


def test_a_card_gives_both_counts_and_says_what_was_not_done(base: ExportSpec) -> None:
    spec, text = base, card(base)
    assert f"{spec.architecture(spec.members[0]).parameters:,}" in text
    assert "1,234" in text
    assert "Not reviewed" in text
    assert "The test part was not used" in text
    judged = spec.model_copy(
        update={"test": {"accuracy": 0.88, "looks": 1}, "review": "Approved by two people."}
    )
    assert "A person judged it on the test part" in card(judged)
    assert "Approved by two people." in card(judged)


@settings(max_examples=60, deadline=None)
@given(TEXT, TEXT, TEXT)
def test_text_of_users_changes_nothing_around_it(
    base: ExportSpec, name: str, title: str, review: str
) -> None:
    changed = base.model_copy(
        update={"run": {**base.run, "name": name}, "review": review, "data": {**base.data, "title": title}}
    )
    before, after = card(base).splitlines(), card(changed).splitlines()
    assert len(before) == len(after)
    assert [line for line in after if line.startswith(("#", "```", "| "))] == [
        line for line in before if line.startswith(("#", "```", "| "))
    ]
    shown = [line for line in after if line.startswith("**")]
    assert len(shown) == 1
    assert "<" not in shown[0].replace("\\<", "")
