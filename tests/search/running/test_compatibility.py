"""What must agree before a machine takes part in a study."""

from pathlib import Path

import pytest

from search.commands.parsing import digests
from search.commands.program import Metric, Program
from search.errors import InputError
from search.running.compatibility import check_files


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
