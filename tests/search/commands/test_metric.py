"""Metrics: their names, and how their numbers are read."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from search.commands.metric import curve_from_file, from_file, longer_word, name_of, reader
from search.commands.point import Point
from search.commands.program import RULES, Metric


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("val_acc=([0-9.]+)", "val_acc"),
        ("val_acc", "val_acc"),
        (r"epoch +(?P<epoch>[0-9]+).*valid loss +([0-9.]+)", "valid loss"),
        (r"Accuracy: [0-9]+/[0-9]+ \(([0-9.]+)%\)", "Accuracy"),
        (r"(?i)\bacc(?:uracy)?\s*[:=]\s*([0-9.]+)", "acc"),
        ("'eval/f1': (?P<value>[0-9.]+)", "eval/f1"),
        ("([0-9.]+) s", "metric"),
        ("[Bb]alanced accuracy", "Balanced accuracy"),
        ("[ab]cc=([0-9.]+)", "cc"),
        ("Évaluation: ([0-9.]+)", "Évaluation"),
        ("准确率", "准确率"),
        ("json:val_acc", "val_acc"),
        ("file:scores.json:val/acc", "val/acc"),
    ],
)
def test_a_metric_has_the_name_that_stands_before_its_number(where: str, name: str) -> None:
    assert name_of(where) == name


@pytest.mark.parametrize(
    ("where", "line", "value"),
    [
        ("loss=([0-9.]+)", "loss=1.5e-05", 1.5e-05),
        ("acc=([0-9])", "acc=0.91", 0.91),
        ("acc=([0-9.]+)", "acc=0.91, loss=2", 0.91),
        ("acc=([0-9.]+)", "acc=91. Next: 3", 91.0),
        ("acc=([0-9.,]+)", "acc=0.91, loss=2", 0.91),
        ("acc=([0-9]+),", "acc=91,93", 91.0),
        ("reward.*?([0-9.]+)", "reward: -3.5", -3.5),
        ("([0-9.]+) reward", "-3.5 reward", -3.5),
        ("reward=-?([0-9.]+)", "reward=-3.5", 3.5),
        ("val-([0-9.]+)", "val-3.5", 3.5),
        ("top.([0-9.]+)", "top-1", 1.0),
    ],
)
def test_a_number_is_taken_whole(where: str, line: str, value: float) -> None:
    (point,) = reader(Metric("acc", where)).points(line)
    assert point.value == value


BEST = "epoch 1 val_acc=0.84 best_val_acc=0.85 val_acc2=0.86"
KERAS = "9/9 - 0s - accuracy: 0.91 - loss: 0.3 - val_accuracy: 0.82 - val_loss: 0.5"


@pytest.mark.parametrize(
    ("where", "line", "value"),
    [
        ("val_acc", BEST, 0.84),
        ("val_acc=([0-9.]+)", BEST, 0.84),
        ("_acc=([0-9.]+)", BEST, 0.85),
        ("loss", KERAS, 0.3),
        ("accuracy", KERAS, 0.91),
        ("accuracy: ([0-9.]+)", KERAS, 0.91),
        ("val_loss", KERAS, 0.5),
        ("loss", "loss=0.3 val/loss=0.4 a.loss=0.5 top-loss=0.6 --loss 0.7", 0.7),
        ("loss=([0-9.]+)", "train/loss=0.3", 0.3),
        ("top", "top5 0.9 top 0.7", 0.7),
        ("Final.*", "Final 81.22 % +/- 0.30", 0.3),
        ("Final.*([0-9.]+)", "Final: -1.5e-05", -1.5e-05),
        (r"Final\D+([0-9.]+)", "Final 81.22 % +/- 0.30", 81.22),
        (r"0\.([0-9]+)", "0.25", 25.0),
    ],
)
def test_a_metric_is_a_whole_word_and_a_whole_number(where: str, line: str, value: float) -> None:
    assert [*reader(Metric("acc", where, rules=RULES)).points(line)][-1].value == value


@pytest.mark.parametrize(
    ("where", "line", "value"),
    [
        ("acc", "│          acc          │    0.9013     │", 0.9013),
        ("acc", "| acc | 0.9013 | 0.5 |", 0.9013),
        ("acc", "acc -> -0.5", -0.5),
        ("loss", "loss tensor(0.1234, device='cuda:0')", 0.1234),
        ("loss", "loss=tensor(nan)", math.nan),
        ("acc", "{'loss': np.float64(0.3), 'acc': np.float64(0.91)}", 0.91),
        ("Accuracy", "Average loss: 0.0272, Accuracy: 9908/10000 (99%)", 0.9908),
        ("Accuracy: ([0-9.]+)", "Accuracy: 9908/10000 (99%)", 0.9908),
        (r"Accuracy: ([0-9]+)/", "Accuracy: 9908/10000 (99%)", 9908.0),
        ("time", "time 3/4/2026", 3.0),
        ("json:acc", 'INFO:root:{"acc": 0.7}', 0.7),
        ("elbo", "elbo: \N{MINUS SIGN}5e\N{MINUS SIGN}3", -0.005),
        (r"elbo\D+([0-9.]+)", "elbo: -0.5", -0.5),
        ("elbo.+?([0-9.]+)", "elbo: -0.5", -0.5),
        (r"elbo \+([0-9.]+)", "elbo +0.5", 0.5),
        (r"acc\D+([0-9.]+)", "acc: .5", 0.5),
        (r"loss\D+([0-9.]+)", "loss: nan, acc: 0.1", math.nan),
        (r"loss.*?([0-9.]+)", "loss -inf (acc 0.2)", -math.inf),
        (r"loss.*([0-9.]+)", "loss: nan +- 0.1", 0.1),
        (r"loss\D+([0-9.]+)", "loss info 0.3", 0.3),
        (r"elbo\D+([0-9.]+)", "elbo \N{MINUS SIGN}0.5", -0.5),
        ("elbo \N{MINUS SIGN}([0-9.]+)", "elbo \N{MINUS SIGN}0.5", 0.5),
    ],
)
def test_a_metric_is_found_as_libraries_print_it(where: str, line: str, value: float) -> None:
    found = [*reader(Metric("acc", where, rules=RULES)).points(line)][-1].value
    assert found == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize("printed", ["1'000", "1_000.5", "0x1F"])
def test_a_number_that_goes_on_is_no_plain_number(printed: str) -> None:
    says = f"printed {printed}, which is no plain number: let the program print digits and a point"
    with pytest.raises(ValueError, match=re.escape(says)):
        list(reader(Metric("acc", "acc: ([0-9.]+)", rules=RULES)).points(f"acc: {printed} (best)"))


@pytest.mark.parametrize(
    "printed", ["1\u202f234.5", "1\u00a0234", "1.#INF", "1.#QNAN", "12\u2009345\u2009678"]
)
def test_what_is_no_plain_number_is_not_cut_short(printed: str) -> None:
    for where in ("rmse", "rmse: ([0-9.]+)"):
        with pytest.raises(ValueError, match=f"printed {re.escape(printed)}, which is no plain"):
            list(reader(Metric("rmse", where, rules=RULES)).points(f"rmse: {printed} m"))


def test_a_wide_colon_stands_between_a_name_and_its_number() -> None:
    points = reader(Metric("acc", "准确率", rules=RULES)).points("准确率：0.91，损失：0.3")
    assert [one.value for one in points] == [0.91]


def test_a_time_of_day_is_no_number() -> None:
    with pytest.raises(ValueError, match="printed 00:12:31, a time: let the program print seconds"):
        list(reader(Metric("time", "time", rules=RULES)).points("time: 00:12:31"))


@pytest.mark.parametrize(("written", "epoch"), [("2", 2), ("2.0", 2), ("2.5", None)])
def test_an_epoch_that_is_whole_counts_however_it_is_written(
    written: str, epoch: int | None
) -> None:
    line = f'{{"acc": 0.7, "epoch": {written}}}'
    assert [*reader(Metric("acc", "json:acc", rules=RULES)).points(line)] == [Point(0.7, epoch)]


def test_a_study_that_began_before_that_reads_as_it_did() -> None:
    (*_, last) = reader(Metric("acc", "val_acc=([0-9.]+)")).points(BEST)
    assert last.value == 0.85
    counted = Metric("acc", "Accuracy", rules=2)
    assert [one.value for one in reader(counted).points("Accuracy: 99/100")] == [99]


def test_a_part_of_a_word_names_the_word() -> None:
    metric = Metric("loss", "loss", rules=RULES)
    assert longer_word(metric, ["epoch 1", "x=1, val/loss: 0.5"]) == "val/loss"
    assert not longer_word(metric, ["epoch 1 lost: 0.5"])


@pytest.mark.parametrize("where", ["acc=([0-9.]+)", "acc", "acc=([0-9,]+)"])
def test_a_comma_in_a_number_is_refused(where: str) -> None:
    with pytest.raises(ValueError, match="printed 82,11, in which the comma may stand for a point"):
        list(reader(Metric("acc", where)).points("acc=82,11 %"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"val": {"acc": 0.7}, "acc": {"x": 1}}', "val.acc"),
        ('{"val.acc": 0.7}', "val.acc"),
        ('{"val": {"top.1": 0.7}}', "val.top.1"),
        ('{"val_acc": [0.1, 0.7]}', "val_acc"),
        ('{"log": [{"acc": 0.1}, {"acc": 0.7}, {"time": 3}]}', "log.acc"),
        ('[{"acc": 0.1}, {"acc": 0.7}]', "acc"),
    ],
)
def test_a_number_deep_in_a_file_is_found_by_its_keys(tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / "m.json").write_text(text)
    assert from_file(Metric("acc", f"file:m.json:{key}"), tmp_path) == 0.7


def test_a_key_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"val": {"acc": 0.7}, "name": "x", "loss": 1}')
    with pytest.raises(ValueError, match=r"under 'acc'; it has numbers under 'val.acc', 'loss'$"):
        from_file(Metric("acc", "file:m.json:acc"), tmp_path)
    (tmp_path / "m.csv").write_text("epoch,val acc\n1,0.2\n")
    with pytest.raises(ValueError, match=r"it has numbers under 'epoch', 'val acc'$"):
        from_file(Metric("acc", "file:m.csv:acc"), tmp_path)


def test_a_file_that_is_no_table_holds_no_number(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_text(f"a,acc\n{'7' * 200_000},1\n")
    with pytest.raises(ValueError, match=r"model.bin holds no number under 'acc'$"):
        from_file(Metric("acc", "file:model.bin:acc"), tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "curve"),
    [
        ("m.csv", "epoch,acc\n1,0.1\n2,\n2,0.3\n3,0.5\n3,0.6\n", [(1, 0.1), (2, 0.3), (3, 0.6)]),
        ("m.csv", "epoch,step,acc\n0,9,0.1\n1,19,0.3\n", [(0, 0.1), (1, 0.3)]),
        ("m.csv", "run,acc\n1,0.1\n2,0.3\n", []),
        ("m.csv", "epoch,acc\n1,0.1\n,0.3\n", []),
        ("m.tsv", "epoch\tval, acc\tacc\n1\t0,5\t0.1\n2\t\t0.3\n", [(1, 0.1), (2, 0.3)]),
        ("m.csv", "epoch;acc\n1;0.1\n2;0.3\n", [(1, 0.1), (2, 0.3)]),
        ("m.csv", "\ufeffacc,epoch\n0.1,1,more\n0.3,2\n", [(1, 0.1), (2, 0.3)]),
        ("m.csv", "   epoch,   acc\n   1,   0.1\n   2,   0.3\n", [(1, 0.1), (2, 0.3)]),
        ("training.log", "epoch,acc,loss\n0,0.1,2\n1,0.3,1\n", [(0, 0.1), (1, 0.3)]),
        ("m.json", '{"epoch": 1, "acc": 0.1}\n{"epoch": 2, "acc": 0.3}\n', [(1, 0.1), (2, 0.3)]),
        ("m.json", '[{"step": 5, "acc": 0.1}, 7]', [(5, 0.1)]),
        ("m.json", "0.7", []),
    ],
)
def test_a_file_with_epochs_has_a_curve(
    tmp_path: Path, file: str, text: str, curve: list[tuple[int, float]]
) -> None:
    (tmp_path / file).write_text(text)
    metric = Metric("acc", f"file:{file}:acc", rules=RULES)
    assert [(one.epoch, one.value) for one in curve_from_file(metric, tmp_path)] == curve
    assert not curve_from_file(replace(metric, rules=1), tmp_path)
