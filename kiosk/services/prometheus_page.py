"""The page that Prometheus reads, in its text format 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from kiosk.services.metric_families import Buckets, Family


class _Snapshot:
    """Metrics that were collected already."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def page(families: Iterable[Family]) -> str:
    """Return the families in Prometheus' text format, the series of each sorted by their labels."""
    return generate_latest(_Snapshot([_metric(family) for family in families])).decode()


def _metric(family: Family) -> Metric:
    name = f"munjigi_{family.name}"
    keys = [key for key, _ in next(iter(family.series), ())]
    metric: CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
    if family.kind == "histogram":
        metric = HistogramMetricFamily(name, family.help, labels=keys)
    elif family.kind == "counter":
        metric = CounterMetricFamily(name, family.help, labels=keys)
    else:
        metric = GaugeMetricFamily(name, family.help, labels=keys)
    for labels in sorted(family.series):
        values = [value for _, value in labels]
        found = family.series[labels]
        if isinstance(metric, HistogramMetricFamily) and isinstance(found, Buckets):
            buckets = [(_bound(bound), count) for bound, count in found.counts]
            metric.add_metric(values, buckets, found.total)
        elif not isinstance(metric, HistogramMetricFamily) and not isinstance(found, Buckets):
            metric.add_metric(values, found)
    return metric


def _bound(bound: float) -> str:
    return "+Inf" if bound == float("inf") else f"{bound:.10g}"
