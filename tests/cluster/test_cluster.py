"""What visitors notice when parts of a real cluster of Milvus die: the short form of the trial."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cluster.trial import Trial, failures, run


# A machine that is busy for seconds is no fault of it.
@pytest.mark.flaky(reruns=1)
@pytest.mark.index
def test_no_answer_is_wrong_and_errors_end_while_a_cluster_is_broken(tmp_path: Path, served_folder: Path) -> None:
    with ExitStack() as stack:
        events = run(Trial(tmp_path, stack, served_folder / "index"), 0.0)
    assert failures(events) == []
    assert len(events) == 8
    assert min(event.questions for event in events) > 20
    # The trial bites: without the proxy nothing can be answered.
    (away,) = [event for event in events if "proxy" in event.name]
    assert away.errors > 0
