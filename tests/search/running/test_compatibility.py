"""What must agree before a machine takes part in a study."""

from dataclasses import replace
from pathlib import Path

import pytest

from model_space.facts import DataFacts
from search.commands.parsing import digests
from search.commands.program import Metric, Program
from search.errors import InputError
from search.running.compatibility import check_files, check_fingerprint, versions_of


def test_a_file_that_has_gone_is_told_from_one_that_has_changed(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("print(1)")
    command = "python train.py"
    files = digests(command, str(tmp_path))
    program = Program(command, str(tmp_path), (), Metric("acc", "acc"), files=files)
    check_files("s", program)
    script.write_text("print(2)")
    with pytest.raises(InputError, match=r"train.py in .* is not what the study 's' began with"):
        check_files("s", program)
    script.unlink()
    with pytest.raises(InputError, match=r"^train.py, which the study 's' runs, is not in "):
        check_files("s", program)


def test_a_package_may_be_of_a_distribution_of_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "keratensor_cpu-1.2.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: keratensor-cpu\nVersion: 1.2\n")
    (told / "top_level.txt").write_text("keratensor\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert versions_of("keratensor")["keratensor"] == "1.2"


KNOWN = DataFacts(("cat", "dog"), (8, 8, 1), 40, 10, 9, "before")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (replace(KNOWN, train=41), r"began with \(41 in train, not 40\); put them back"),
        (replace(KNOWN, validation=9, test=10),
         r"\(9 in validation, not 10, 10 in test, not 9\)"),
        (replace(KNOWN, classes=("cat", "hound"), train=39),
         r"\(without class 'dog', with class 'hound'\); put"),
        (replace(KNOWN, classes=tuple("abcdef")), r"with class 'a', with class 'b', …\); put"),
        (KNOWN, "began with; put them back"),
    ],
)  # fmt: skip
def test_images_of_another_launch_are_told_by_what_differs(facts: DataFacts, says: str) -> None:
    check_fingerprint("s", "photos", KNOWN, KNOWN)
    with pytest.raises(InputError, match=says):
        check_fingerprint("s", "photos", KNOWN, replace(facts, fingerprint="now"))
    with pytest.raises(InputError, match=r"began.*; leave --data out"):
        check_fingerprint("s", "photos", KNOWN, replace(facts, fingerprint="now"), "elsewhere")
