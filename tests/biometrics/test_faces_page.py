"""docs/faces.md, the limits in use and the committed reports say the same."""

import json

import pytest

from biometrics import calibration, cohort
from biometrics.evaluation import __main__ as bench
from biometrics.evaluation.errors import ManifestUnreadable
from biometrics.evaluation.page import PAGE, REPORTS, filled, read_reports

ENGINES = {"resnet": "dlib-resnet-v1", "yunet-mobilefacenet": "yunet-mobilefacenet-v1"}


def test_the_limits_in_use_are_those_of_the_reports():
    for engine, report in read_reports(REPORTS).items():
        assert report["engine"] == ENGINES[engine]
        assert calibration.measured(report["engine"]) == report["operating_points"]


@pytest.mark.parametrize("engine", ENGINES.values())
def test_limits_that_accept_past_the_target_among_nearer_strangers_are_refused(engine):
    points = json.loads(json.dumps(calibration.measured(engine)))
    assert calibration.read_points(engine, points).at(65).accept_within is not None
    own = points["bands"]["60+"]["fmr_elsewhere"]["60+, at most 5 years apart"]
    assert own["high"] <= 2e-4
    own["high"] = 3.2e-4
    with pytest.raises(ValueError, match="60\\+: accepts past its target among nearer strangers"):
        calibration.read_points(engine, points)


def test_nobody_is_accepted_at_an_age_whose_own_strangers_are_past_the_target():
    for engine in ENGINES.values():
        bands = calibration.measured(engine)["bands"]
        for band in (band for band in calibration.BANDS if bands[band.name]["accept_within"]):
            for name, rate in bands[band.name]["fmr_elsewhere"].items():
                assert rate["value"] <= band.accept_fmr, (engine, band.name, name)
    children = calibration.measured(ENGINES["yunet-mobilefacenet"])["bands"]["6-10"]
    assert children["accept_within"] is None
    assert "6-10 with several pictures" in children["review_because"]


def test_the_means_in_use_were_made_with_the_weights_of_the_limits():
    for engine in ENGINES.values():
        weights = calibration.measured(engine)["weights"]
        assert cohort.load(engine, weights) is not None


def test_the_page_says_what_the_reports_say():
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page, read_reports(REPORTS)) == page
    assert page.startswith("To a person goes")


def test_a_page_without_the_places_or_a_missing_report_is_refused(tmp_path):
    with pytest.raises(ManifestUnreadable):
        filled("nothing\n", read_reports(REPORTS))
    with pytest.raises(ManifestUnreadable):
        read_reports(tmp_path)


def test_a_report_of_another_form_leaves_the_page_as_it_is(tmp_path, capsys):
    for engine in ENGINES:
        (tmp_path / engine).mkdir()
        (tmp_path / engine / "report.json").write_text('{"slices": null}')
    page = tmp_path / "page.md"
    page.write_text("as it was")
    assert bench.main(["page", "--reports", str(tmp_path), "--page", str(page)]) == 2
    assert "lacks" in capsys.readouterr().err
    assert page.read_text() == "as it was"
