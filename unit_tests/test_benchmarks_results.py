"""What is reckoned from the runs of a benchmark."""

import pytest

from benchmarks.results import Cost, Results, Row, Timing, load, save


def cost(seconds: float, cpu_seconds: float = 0.0, peak_bytes: int = 0, **others: float) -> Cost:
    return Cost(seconds, cpu_seconds, peak_bytes, **others)


def timing(name: str, *seconds: float, start_up: float = 1.0) -> Timing:
    return Timing(name, 1_000, [cost(each) for each in seconds], [cost(start_up)])


def test_the_rate_leaves_out_the_median_start_up():
    measured = Timing("a", 1_000, [cost(6), cost(11), cost(3)], [cost(9), cost(1), cost(0.5)])
    assert measured.rates() == [200, 100, 500]
    assert measured.rate == 200


def test_cpu_leaves_out_the_start_up_and_peak_is_the_largest():
    measured = Timing("a", 1_000, [cost(1, 3, 70), cost(1, 5, 90), cost(1, 4, 80)], [cost(1, 2)])
    assert measured.cpu == 0.002
    assert measured.peak == 90


def test_brokers_and_logs_are_reckoned_for_a_record():
    measured = Timing("a", 1_000, [cost(1, broker_cpu_seconds=2.0, stored_bytes=250_000)], [cost(1)])
    assert measured.broker_cpu == 0.002
    assert measured.stored == 250


def test_a_ratio_compares_runs_of_the_same_round():
    row = Row("0.5 KB", 1, 1, [timing("a", 2, 3, 11), timing("b", 11, 3, 2)])
    assert row.ratio("a", "b") == (1, pytest.approx(0.1), pytest.approx(10))


def test_there_is_no_ratio_to_a_contender_that_did_not_run():
    assert Row("0.5 KB", 1, 1, [timing("a", 2)]).ratio("a", "b") is None


def test_results_are_read_back_as_they_were_kept(tmp_path):
    results = Results("2026-01-01", {"cores": "2"}, [Row("0.5 KB", 580, 500, [timing("a", 2.5)])], stopped={"a": 7})
    save(results, tmp_path / "benchmarks.json")
    assert load(tmp_path / "benchmarks.json") == results


def test_without_a_file_nothing_was_measured(tmp_path):
    assert load(tmp_path / "benchmarks.json") == Results()
