"""What the report and its companions say, whatever they are written in."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from model_space.data.mel import Spectrogram
from model_space.facts import DataFacts
from search import draw, export_study, summarise
from search.analysis.by_level import EffectByLevel, LevelEffect
from search.analysis.estimate import Estimate
from search.analysis.importances import Importance
from search.analysis.moved_numbers import MovedNumber
from search.analysis.number_curves import NumberCurve
from search.objective import OBJECTIVES
from search.parameters import Number, SearchedDial
from search.planning.design import design
from search.reporting.figures.style import BLUE, VERMILION, label
from search.reporting.findings import Findings, find
from search.reporting.html import page
from search.reporting.markdown import document
from search.reporting.section import Command, Section, Table
from search.reporting.sections import sections
from search.reporting.sentences.budget import describe_budget
from search.reporting.tables import effects_table
from search.settings import Settings
from tests.search.analysis.test_ladder import climbed
from tests.support.foreign import foreign
from tests.support.simulate import NAMES, random_pairs, repeats_of, results_of, run, simulated

UNCOUNTED = DataFacts(("cat", "[dog]"), (40, 62, 1), 400, 100, 50)
DATA = replace(UNCOUNTED, class_counts={"train": (380, 20), "validation": (95, 5)})


def everything(**more: Any) -> Findings:
    """A study with something to say in every section."""
    measured = [
        run(one.on, one.value or 0, number=at, curve={1: 0.3, 2: one.value or 0},
            seconds_per_epoch=1.0 + 0.01 * at, parameters=1000 + at, seed=at)
        for at, one in enumerate(simulated(design(8, 64, 64), 0, 0.3, random_pairs(NAMES, 0, 1)))
    ]  # fmt: skip
    confirmed = [
        run(one.on, one.value or 0, "confirm", curve=one.curve, test_accuracy=0.6)
        for group in repeats_of(([], list(NAMES)), 3, 0.3)
        for one in group
    ]
    searched = [run(["dropout"], 0.5 + 0.01 * at, "search", params={"dropout_rate": 0.05 * at})
                for at in range(1, 8)]  # fmt: skip
    results = results_of(
        [*measured, *climbed(), *searched, *confirmed],
        dials=(SearchedDial("dropout_rate", 0.05, 0.5, False),),
        settings=Settings(data="cifar10", epochs=2, width=0.5),
        **more,
    )
    return find(results, [Importance("PED-ANOVA", "mixup", 1.0)])


def test_what_to_act_on_stands_open_and_all_else_is_folded() -> None:
    parts = sections(everything())
    assert [section.title for section in parts if not section.folded] == [
        "What to do", "What matters, and what does not", "How sure, and what would change it",
    ]  # fmt: skip
    assert {section.title for section in parts if section.folded} >= {
        "What the techniques do", "The recommended recipe on fresh seeds and test images",
        "Every effect, with p values and ranks", "From all off to all on",
        "The article's ladder", "Interactions of two techniques",
        "Techniques that depend on another", "From which epoch each effect is clear",
        "What each technique costs", "Dials", "Learning curves", "Every run",
        "Optuna's importances",
    }  # fmt: skip
    assert [section.folded for section in parts] == sorted(section.folded for section in parts)
    answer = parts[1]
    assert answer.text.startswith(
        "After 2 epochs, augmentation helps most: +13.08 points of validation accuracy (95 % "
        "interval +12.94 to +13.23). It is the largest effect with a probability above 99 %. "
        "batch_norm (+5.05, +4.90 to +5.19), "
    )
    assert " hurt. dropout and mixup cannot be told from a change of seed." in answer.text
    assert answer.table is not None
    assert "p" not in answer.table.head


def test_a_ladder_alone_is_shown_without_what_only_effects_tell() -> None:
    parts = sections(find(results_of(climbed(seeds=1)), []))
    ladder = next(section for section in parts if section.title.startswith("What matters"))
    assert "Each step was run once" in ladder.text
    assert ladder.table is not None
    assert ladder.table.head[-1] == "step (95 %)"
    assert all(re.fullmatch(r"|[+-]\d+\.\d\d", row[-1]) for row in ladder.table.rows)


def test_every_figure_says_what_was_run_at_what_budget() -> None:
    figures = draw(everything())
    assert list(figures) == [
        "effects", "waterfall", "interactions", "pareto", "half_normal", "main_effects",
        "interaction_plots", "fitted", "epochs", "costs", "trade_offs", "dials", "curves",
        "history", "importances",
    ]  # fmt: skip
    for name, figure in figures.items():
        caption = figure.layout.meta["caption"]
        assert "runs" in caption, name
        assert "cifar10, 2 epochs, batch 128, width 0.5, depth 10" in caption, name


def test_images_are_described_by_shape_and_sounds_by_rate_and_bands() -> None:
    heard = Spectrogram(rate=8000, seconds=1.008, bands=40, frames=62)
    for data, says in (
        (DATA, "images of 40×62×1)"),
        (replace(DATA, sound=heard), "sounds of 1 s at 8 kHz as 40 mel bands × 62 frames)"),
    ):
        findings = everything(data=data)
        said = f"cifar10 (400 training, 100 validation, 50 test {says}, 2 epochs"
        assert describe_budget(findings.results).startswith(said)
        things = says.split()[0]
        [confirmed] = [s for s in sections(findings) if s.title.startswith("The recommended")]
        assert confirmed.title == f"The recommended recipe on fresh seeds and test {things}"
        assert f"The test {things} choose nothing." in confirmed.text
        answer = sections(findings)[1].text
        assert answer.startswith(f"After 2 epochs on 400 training {things}, augmentation helps")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (
            "accuracy",
            "Accuracy is a mean over images, so a class weighs by its size: predicting “cat” every "
            "time gives 95.0 %.",
        ),
        (
            "balanced_accuracy",
            "Balanced accuracy is the mean over the classes, so each class weighs the same: "
            "predicting one class every time gives 50.0 %.",
        ),
        (
            "neg_log_loss",
            "Negative log loss is a mean over images, so a class weighs by its size.",
        ),
    ],
)
def test_classes_of_unequal_size_are_described_with_their_weights(key: str, says: str) -> None:
    study = results_of([run([], 0.5)], data=DATA, objective=OBJECTIVES[key])
    findings = find(study, [])
    [classes] = [s for s in sections(findings) if s.title == "The classes"]
    assert classes.text == (
        "Training images: 400, of which 380 (95.0 %) are of class “cat” and 20 (5.0 %) of "
        "“[dog]”. Validation images: 100, of which 95 (95.0 %) are of class “cat” and 5 (5.0 %) "
        "of “[dog]”. " + says
    )


def test_every_figure_of_the_report_is_one_that_is_drawn() -> None:
    findings = everything()
    named = {section.figure for section in sections(findings) if section.figure}
    assert named == set(draw(findings))


class Tags(HTMLParser):
    """The start tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]


def test_who_reads_the_report_by_ear_is_told_what_there_is() -> None:
    findings = everything()
    figures = draw(findings)
    tags = Tags(page(findings.results, sections(findings), figures))
    assert tags.of("html") == [{"lang": "en"}]
    assert len(tags.of("main")) == len(tags.of("h1")) == 1
    names = [one["aria-label"] for one in tags.of("div") if one.get("class") == "plot"]
    assert names == [
        f"Figure: {figure.layout.meta['title']}" for figure in _as_shown(figures, tags)
    ]
    assert len(set(names)) == len(figures)
    assert all(one["alt"] for one in tags.of("img"))
    rows = [one for one in tags.of("th") if one["role"] == "rowheader"]
    assert {one["scope"] for one in rows} == {"row"}
    assert {one["scope"] for one in tags.of("th") if one not in rows} == {"col"}
    stops = [one for one in tags.of("div", "pre") if "tabindex" in one]
    assert len(stops) == len(tags.of("table"))
    assert all((one["aria-label"] or "").startswith("Table: ") for one in stops)
    levels = [int(tag[1]) for tag, _ in tags.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_line_holds_units_and_intervals_together_but_no_command_changes() -> None:
    results = everything().results
    line = "date --utc '+5 %Y'"
    text = "95 % of 5 to -3 to a, +1.2 points in 41 s or 1e-3 nats, 3 (4)"
    parts = [Section("Title", text, commands=(Command(line, "90 %"),))]
    said = page(results, parts, {})
    held = "95\u00a0% of 5\u00a0to\u00a0-3\u00a0to a, "
    held += "+1.2\u00a0points in 41\u00a0s or 1e-3\u00a0nats, 3 (4)"
    assert f"<p>{held}</p>" in said
    shown = line.replace("--utc", "<span>--utc</span>")
    assert f"<p>90\u00a0%</p><pre>{shown}</pre>" in said


def test_a_name_breaks_at_its_underscores_in_a_table_only() -> None:
    table = Table(("technique", "changes"), (("a_b", "1"),), explains=True)
    parts = [Section("Title", "a_b is on.", table=table), Section("Title", "", table=table)]
    said = page(everything().results, parts, {})
    assert "<a href='#technique-a_b'>a_b</a> is on." in said
    assert said.count(">a_<wbr>b</th>") == 2


def _as_shown(figures: dict[str, go.Figure], tags: Tags) -> list[go.Figure]:
    return [figures[one["id"] or ""] for one in tags.of("div") if one.get("role") == "img"]


def test_the_waterfall_runs_from_all_off_to_all_on() -> None:
    findings = everything()
    figure = draw(findings)["waterfall"]
    assert findings.effects is not None
    bars = [trace for trace in figure.data if isinstance(trace, go.Bar) and trace.xaxis == "x"]
    ends = figure.data[0].x
    assert ends[0] == pytest.approx(findings.effects.baseline)
    assert bars[0].base == pytest.approx(ends[0])
    for one, following in pairwise(bars):
        assert following.base == pytest.approx(one.base + one.x[0])
    assert bars[-1].base + bars[-1].x[0] == pytest.approx(ends[1])
    assert [bar.y[0] for bar in bars] == [label(name) for name in NAMES]


def test_figures_say_which_way_is_better() -> None:
    more = everything()
    loss = replace(more.results.objective, maximize=False)
    fewer = replace(more, results=replace(more.results, objective=loss))
    for findings, better, mark, (helps, hurts) in (
        (more, "Up", "highest", ("adds", "takes")), (fewer, "Down", "lowest", ("takes", "adds")),
    ):  # fmt: skip
        figures = draw(findings)
        said = {name: figure.layout.meta.get("key") for name, figure in figures.items()}
        less = " (less is better)" * (findings is fewer)
        axis = figures["effects"].layout.xaxis.title.text
        assert axis.replace("<br>", " ") == f"points of validation accuracy{less} (95 % interval)"
        assert findings.effects is not None
        table = effects_table(findings.effects, findings.results.objective)
        assert table.head[1] == f"effect, points{less}"
        assert f"{better} is better" in said["costs"]
        assert f"the {mark} mark" in said["trade_offs"]
        assert f"{helps} (blue) or {hurts} (orange" in said["waterfall"]
        colours = {trace.name: trace.marker.color for trace in figures["waterfall"].data
                   if trace.name in ("adds", "takes")}  # fmt: skip
        assert colours == {helps: BLUE, hurts: VERMILION}


def keys(value: Any, at: str = "") -> set[str]:
    """Every path of a document: `effects[].low`, `fit.noise`."""
    if at in ("settings", "runs", "best.params", "recommended.params", "held",
              "trade_offs[].params"):  # fmt: skip
        return {at}
    if isinstance(value, dict):
        return set().union(*(keys(v, f"{at}.{k}" if at else k) for k, v in value.items()))
    if isinstance(value, list):
        rows = [one for one in value if isinstance(one, dict)]
        return set().union(*(keys(row, f"{at}[]") for row in rows)) if rows else {f"{at}[]"}
    return {at}


def test_the_summary_is_json_and_every_key_of_it_is_described() -> None:
    at_rate = LevelEffect(0.003, 1.0, 0.5, 1.5, 0.01)
    by_rate = EffectByLevel("mixup", "learning_rate", (at_rate,), 0.003, 0.001, 2.0, 1.0, 3.0)
    worth = Estimate(1.0, 0.5, 1.5)
    rate = NumberCurve(
        Number("rate", 1e-4, 1e-1, log=True), (1e-4, 1e-1), (worth, worth), 0.1, 0.01, 0.1, 1e-4,
        worth, 0.01,
    )  # fmt: skip
    moved = MovedNumber("rate", "optimizer", 0.001, (("adam", rate),))
    findings = replace(everything(data=DATA), by_level=(by_rate,), numbers=(rate,), moved=(moved,))
    document = json.loads(json.dumps(summarise(findings), allow_nan=False))
    described = Path(__file__).parents[3] / "docs" / "summary.md"
    rows = [line for line in described.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    named = {key for row in rows[2:] for key in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert keys(document) == named
    assert document["schema"] == 3
    assert document["effects"][0]["technique"] == "augmentation"
    assert document["classes"][1] == {"class": "[dog]", "train": 20, "validation": 5}
    assert summarise(everything(data=UNCOUNTED))["classes"] == []
    assert {row["best_for_seconds"] or row["best_for_parameters"] for row in
            document["trade_offs"]} == {True}  # fmt: skip
    for row in document["confirmed"]:
        assert row["test_objective"] == row["test"] == 60


def test_markdown_tables_are_whole_and_names_are_no_markup(tmp_path: Path) -> None:
    def pipes(trial: Any) -> float:
        return float(0.5 + 0.1 * trial.suggest_categorical("a|b_*c*<i>", [False, True]))

    export_study(foreign(20, pipes), tmp_path)
    said = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert r"a\|b\_\*c\*&lt;i>" in said
    for line in said.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (7, 6, 5)


def test_markdown_takes_no_name_for_a_formula_a_tag_or_an_entity() -> None:
    findings = everything()
    parts = [Section("Effects at each a_b & <c>", "of $HOME and $WORK, R&D &amp; ~x~", folded=True)]
    said = document(findings.results, parts, draw(findings))
    assert "<summary>Effects at each a_b &amp; &lt;c&gt;</summary>" in said
    assert r"of \$HOME and \$WORK, R&D \&amp; \~x\~" in said


def test_long_names_are_broken_into_short_lines_and_stay_apart() -> None:
    for name in ("late_widening", "a_rather_long_technique_name_17", "x" * 90, "a<b"):
        lines = label(name).split("<br>")
        assert len(lines) <= 3
        assert all(len(line.replace("&lt;", "<")) <= 20 for line in lines)
    assert label("a_rather_long_name_that_goes_on_and_on_and_on_1") != label(
        "a_rather_long_name_that_goes_on_and_on_and_on_2"
    )
