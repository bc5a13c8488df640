"""The rows that the scripts of bench/ keep, and what the READMEs make of them."""

from pathlib import Path

import pytest

from bench import results


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(results, "FOLDER", tmp_path / "measured")
    return tmp_path / "measured"


def test_a_row_takes_the_place_of_the_one_that_is_of_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = results.reporter("efficiency", record=True)
    for workers, seconds in (("1", "1,250.5"), ("2", "7"), ("1", "8.5")):
        report({"study": "digits", "workers": workers, "seconds": seconds})
    assert results.column("efficiency", "seconds") == [8.5, 7]
    assert results.column("efficiency", "seconds", workers="2") == [7]
    assert results.markdown("efficiency") == (
        "| study | workers | seconds |\n| --- | ---: | ---: |\n"
        "| digits | 1 | 8.5 |\n| digits | 2 | 7 |\n"
    )
    assert capsys.readouterr().out.splitlines() == [
        "| study | workers | seconds |",
        "| --- | --- | --- |",
        "| digits | 1 | 1,250.5 |",
        "| digits | 2 | 7 |",
        "| digits | 1 | 8.5 |",
    ]
    with pytest.raises(ValueError, match="has other columns: study, workers, seconds"):
        results.keep("efficiency", {"study": "digits", "workers": "1"})


def test_nothing_is_kept_unless_it_is_to_be(folder: Path) -> None:
    results.reporter("export", record=False)({"trials": "64"})
    assert not folder.exists()


def test_every_table_that_was_kept_has_its_key_and_is_shown() -> None:
    top = Path(results.__file__).parents[1]
    pages = [top / "bench" / "README.md", top / "docs" / "digits.md"]
    shown = "".join(page.read_text(encoding="utf-8") for page in pages)
    for file in results.FOLDER.glob("*.csv"):
        assert f'markdown("{file.stem}")' in shown
        assert len(results.rows_of(file.stem)[0]) > results.KEYS[file.stem]
