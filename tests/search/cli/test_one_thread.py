"""What a command takes of the machine for its own linear algebra."""

import typer
from threadpoolctl import threadpool_info, threadpool_limits
from typer.testing import CliRunner

from search.cli.help import StudyCommand


def blas_threads() -> set[int]:
    """Threads of each library for linear algebra in this process."""
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_a_command_computes_in_one_thread_and_leaves_the_process_as_it_was() -> None:
    inside = []
    app = typer.Typer()
    app.command(cls=StudyCommand)(lambda: inside.append(blas_threads()))
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        assert CliRunner().invoke(app, []).exit_code == 0
        assert blas_threads() == before == {2}
    assert inside == [{1}]
