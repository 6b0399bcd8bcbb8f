"""What is counted, in the format that Prometheus reads."""

from __future__ import annotations

import re
import threading

from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.decisions import Decision, Mode, Outcome, Reason
from kiosk.services.runtime_metrics import DISTANCES, Metrics
from tests.helpers.door import NOW

LINE = re.compile(r'(munjigi_\w+)(\{(?:\w+="[^"\\]*",?)+\})? ([0-9.e+-]+|\+Inf|NaN)')


def decision(reason: Reason, distance: float | None, outcome: Outcome = Outcome.REJECT) -> Decision:
    return Decision(
        NOW, outcome, reason, Mode.IDENTIFY, 1.0, "net", 7, "홍길동", "2026-1234", distance
    )


def read(text: str) -> dict[str, float]:
    """Every sample by name and labels; each line must be one of the format."""
    samples = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = LINE.fullmatch(line)
            assert match, line
            labels = sorted(re.findall(r'\w+="[^"]*"', match[2] or ""))
            samples[match[1] + (f"{{{','.join(labels)}}}" if labels else "")] = float(match[3])
    return samples


def test_decisions_are_counted_by_outcome_and_reason_and_by_nobodys_name():
    metrics = Metrics()
    for _ in range(3):
        metrics.decided(decision(Reason.MATCH, 0.35, Outcome.ACCEPT))
    metrics.decided(decision(Reason.UNKNOWN_NUMBER, None))
    text = metrics.text({"people": 12}, {"preview": 4})
    samples = read(text)
    assert samples['munjigi_decisions_total{outcome="accept",reason="match"}'] == 3
    assert samples['munjigi_decisions_total{outcome="reject",reason="unknown_number"}'] == 1
    assert (
        samples["munjigi_people"] == 12 and samples['munjigi_dropped_total{queue="preview"}'] == 4
    )
    assert "홍길동" not in text and "1234" not in text
    assert not any("distance" in name and "reject" in name for name in samples), (
        "there was no comparison"
    )


@given(st.lists(st.floats(0, 3), min_size=1, max_size=40))
def test_a_histogram_counts_each_value_once(values: list[float]):
    metrics = Metrics()
    for value in values:
        metrics.decided(decision(Reason.UNKNOWN, value))
    samples = read(metrics.text({}, {}))
    buckets = [
        samples[f'munjigi_distance_bucket{{le="{bound:.10g}",outcome="reject"}}']
        for bound in DISTANCES
    ]
    assert buckets == [sum(value <= bound for value in values) for bound in DISTANCES]
    assert (
        samples['munjigi_distance_bucket{le="+Inf",outcome="reject"}']
        == samples['munjigi_distance_count{outcome="reject"}']
        == len(values)
    )


def test_an_empty_page_is_a_page():
    assert read(Metrics().text({}, {})) == {}


def test_threads_do_not_lose_counts():
    metrics = Metrics()

    def count() -> None:
        for _ in range(2000):
            metrics.stage("look", 0.004)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(metrics.text({}, {}))['munjigi_stage_seconds_count{stage="look"}'] == 8000
