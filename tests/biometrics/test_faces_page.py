"""docs/faces.md, the limits in use and the committed reports say the same."""

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
