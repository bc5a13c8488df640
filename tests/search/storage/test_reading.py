"""What a study of kouka's is read as."""

import optuna
from optuna.trial import TrialState, create_trial

from search.storage import schema
from search.storage.reading import read


def test_why_a_run_failed_has_no_full_stop_as_it_stands_within_sentences() -> None:
    study = optuna.create_study()
    attributes = {schema.PHASE: "measure", schema.SEED: 1, schema.FAILURE: "it said: no data."}
    study.add_trial(create_trial(state=TrialState.FAIL, user_attrs=attributes))
    assert read(study).runs[0].failure == "it said: no data"
