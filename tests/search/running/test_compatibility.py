"""What must agree before a machine takes part in a study."""

from pathlib import Path

import pytest

from search.commands.parsing import digests
from search.commands.program import Metric, Program
from search.errors import InputError
from search.running.compatibility import check_files, versions_of


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
