"""The measuring bench on made-up embeddings: what is compared, counted, refused and written."""

import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from biometrics import calibration
from biometrics.cohort import AgeMeans, Strength
from biometrics.errors import NotCalibratedFor
from biometrics.evaluation import __main__ as bench
from biometrics.evaluation.cohort import age_means
from biometrics.evaluation.doubles import find_doubles, same_files
from biometrics.evaluation.errors import (
    CacheUnreadable,
    ManifestUnreadable,
    PicturesMissing,
    TooFewPeople,
)
from biometrics.evaluation.gallery import Gallery, open_gallery
from biometrics.evaluation.groups import group_rates
from biometrics.evaluation.intervals import Rate
from biometrics.evaluation.kin import Household, Kin
from biometrics.evaluation.manifest import Picture, read_manifest
from biometrics.evaluation.match import Bench
from biometrics.evaluation.measure import as_shipped, compare, plain, plain_mean
from biometrics.evaluation.plots import draw
from biometrics.evaluation.points import Calibration, past_target, write_points
from biometrics.evaluation.report import past_target_as_labelled, readable
from biometrics.evaluation.slices import Slicer
from biometrics.evaluation.speed import pictures
from tests.biometrics.pictures import views

SIZE = 16
ENGINE = "made-up-v1"
WEIGHTS = "0" * 64
SLICES = [
    *("adult_strangers", "adult_strangers_mean3", "adults_5y", "elders"),
    *("age_11_15", "age_6_10", "age_0_5", "under_16", "kin", "kin_contrast"),
]


def directions(random: np.random.Generator, count: int):
    vectors = random.normal(size=(count, SIZE))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def pictured(random: np.random.Generator, person: np.ndarray, noise: float):
    """Three cuts of one picture of a person."""
    cuts = person + noise * directions(random, 1) + 0.1 * noise * directions(random, 3)
    return (cuts / np.linalg.norm(cuts, axis=1, keepdims=True)).astype(np.float32)


def gallery_of(rows: list[tuple[Picture, np.ndarray]]) -> Gallery:
    pictures = [picture for picture, _ in rows]
    files = [f"{number:064d}" for number in range(len(rows))]
    return Gallery(pictures, np.stack([vectors for _, vectors in rows]), ENGINE, WEIGHTS, files)


@pytest.fixture(scope="module")
def crowd() -> Gallery:
    """120 strangers with 4 pictures, 30 families of 4, and 3 pictures each of 40 people a band."""
    random = np.random.default_rng(4)
    rows = []

    def add(subject: str, count: int, age: int | None, family: str, near: np.ndarray | None):
        person = directions(random, 1)[0]
        if near is not None:
            person = person + 0.8 * near
        for number in range(count):
            picture = Picture(f"{subject}-{number}.jpg", subject, age, family, "fm"[number % 2])
            rows.append((picture, pictured(random, person, 0.5)))

    for number in range(120):
        add(f"stranger{number}", 4, None, "", None)
    for number in range(30):
        ancestor = directions(random, 1)[0]
        for member in range(4):
            add(f"family{number}:{member}", 3, None, f"family{number}", ancestor)
    for youngest in (2, 8, 13, 16, 30, 65):
        for number in range(40):
            add(f"aged{youngest}:{number}", 3, youngest, "", None)
    return gallery_of(rows)


def relations_of(gallery: Gallery) -> list[tuple[str, str]]:
    people = sorted({p.subject for p in gallery.pictures if p.family})
    return [
        (one, other)
        for one in people
        for other in people
        if one < other and one.split(":")[0] == other.split(":")[0]
    ]


@pytest.fixture(scope="module")
def slicer(crowd: Gallery) -> Slicer:
    return Slicer(crowd.pictures, crowd.found(), relations_of(crowd))


def test_every_pair_of_strangers_is_compared_once(crowd, slicer):
    found = compare(crowd, slicer.named("adult_strangers"), plain(), kept=1.0)
    assert len(found.genuine) == 120 * 6
    assert found.trials.total == len(found.nearest) == 480 * 479 // 2 - 120 * 6


def test_distances_and_counts_are_those_of_two_plain_loops(crowd, slicer):
    rows = [r for r, picture in enumerate(crowd.pictures) if picture.age == 8]
    genuine: list[float] = []
    impostor: list[float] = []
    for place, one in enumerate(rows):
        for other in rows[place + 1 :]:
            measured = 1 - float(crowd.vectors[one, 0] @ crowd.vectors[other, 0])
            same = crowd.pictures[one].subject == crowd.pictures[other].subject
            (genuine if same else impostor).append(measured)
    found = compare(crowd, slicer.named("age_6_10"), plain(), kept=1.0)
    assert np.sort(found.genuine) == pytest.approx(np.sort(genuine), abs=1e-6)
    assert np.sort(found.nearest) == pytest.approx(np.sort(impostor), abs=1e-6)
    allowed = int(1e-2 * len(impostor))
    assert found.limit(1e-2) == pytest.approx(np.sort(impostor)[allowed], abs=1e-6)


def test_only_the_nearest_impostors_are_kept_and_none_of_them_is_lost(crowd, slicer):
    slice_ = slicer.named("adult_strangers")
    every, few = (compare(crowd, slice_, plain(), kept) for kept in (1.0, 0.01))
    assert np.sort(few.nearest) == pytest.approx(np.sort(every.nearest)[: len(few.nearest)])
    assert few.limit(1e-3) == every.limit(1e-3)


def test_pictures_too_many_years_apart_are_not_compared():
    random = np.random.default_rng(1)
    ages = {"a": (6, 8, 10), "b": (6, 9)}
    rows = [
        (Picture(f"{who}{age}", who, age, "", ""), pictured(random, directions(random, 1)[0], 1))
        for who, years in ages.items()
        for age in years
    ]
    gallery = gallery_of(rows)
    found = compare(
        gallery, Slicer(gallery.pictures, gallery.found()).named("age_6_10"), plain(), 1
    )
    assert len(found.genuine) == 2  # 6 and 8, 8 and 10; b's two are 3 years apart
    assert found.trials.total == 4  # 6 and 6, 8 and 6, 8 and 9, 10 and 9


def test_the_probe_made_of_three_pictures_never_holds_the_reference(slicer):
    for block in slicer.named("adult_strangers_mean3").blocks():
        references, probes = np.nonzero(block.genuine)
        assert len(references) == len(block.rows)
        for row, column in zip(references, probes, strict=True):
            drawn = block.probes[column]
            assert block.rows[row] not in drawn
            assert len(set(drawn.tolist())) == 3
            assert set(slicer.subjects[drawn]) == {slicer.subjects[block.rows[row]]}


def test_three_pictures_together_fail_less_often_than_one(crowd, slicer):
    slice_ = slicer.named("adult_strangers_mean3")
    one, three = (compare(crowd, slice_, method) for method in (plain(), plain_mean()))
    assert (three.genuine >= three.limit(1e-3)).mean() < (one.genuine >= one.limit(1e-3)).mean()


def test_missed_faces_of_whoever_has_pictures_enough_are_counted_with_the_means():
    random = np.random.default_rng(7)
    nothing = np.full((3, SIZE), np.nan, np.float32)
    missed = {"a": 1, "b": 2, "c": 1}  # of 5, of 4, and of 3 pictures: those count nowhere
    rows = [
        (
            Picture(f"{who}{n}.jpg", who, None, "", ""),
            nothing if n < missed[who] else directions(random, 3),
        )
        for who, count in (("a", 5), ("b", 4), ("c", 3))
        for n in range(count)
    ]
    rows.append((Picture("z.jpg", "z", 30, "", ""), directions(random, 3)))
    gallery = gallery_of(rows)
    slice_ = Slicer(gallery.pictures, gallery.found()).named("adult_strangers_mean3")
    assert (len(slice_.pictures), slice_.failed) == (4, 3)


def test_a_picture_that_stands_in_two_rows_is_not_compared_with_itself():
    random = np.random.default_rng(1)
    same = Picture("a.jpg", "a", None, "", "")
    rows = [(same, pictured(random, directions(random, 1)[0], 0.5)) for _ in range(2)]
    gallery = gallery_of([*rows, (Picture("b.jpg", "b", None, "", ""), rows[0][1])])
    doubles = [("a.jpg", "a.jpg")]
    slicer = Slicer(gallery.pictures, gallery.found(), doubles=doubles)
    found = compare(gallery, slicer.named("adult_strangers"), plain(), 1)
    assert (len(found.genuine), found.trials.total) == (0, 2)


def test_nobody_is_a_relative_of_themselves_or_of_another_family(crowd):
    people = sorted({p.subject for p in crowd.pictures if p.family in {"family1", "family2"}})
    odd = [(people[0], people[0]), (people[0], people[-1]), ("nobody", people[0])]
    assert not Slicer(crowd.pictures, crowd.found(), odd).relatives
    relatives = Slicer(crowd.pictures, crowd.found(), [(people[0], people[1])]).relatives
    assert sorted(map(len, relatives.values())) == [1, 1]


def test_doubles_are_not_compared(crowd, slicer):
    strangers = [p.path for p in crowd.pictures if p.subject.startswith("stranger")]
    doubles = [(strangers[0], strangers[10]), (strangers[10], strangers[21]), ("gone", "gone")]
    fewer = Slicer(crowd.pictures, crowd.found(), doubles=doubles)
    before, after = (
        compare(crowd, one.named("adult_strangers"), plain()).trials.total
        for one in (slicer, fewer)
    )
    assert before - after == 2


def test_one_face_under_two_names_is_found():
    random = np.random.default_rng(2)
    people = [directions(random, 1)[0] for _ in range(60)]
    people[7] = people[3]
    rows = [
        (Picture(f"{number}.jpg", f"s{number}", 30, "", ""), pictured(random, person, 0.2))
        for number, person in enumerate(people)
    ]
    means = AgeMeans(
        ENGINE,
        WEIGHTS,
        np.array([30.0]),
        np.array([60]),
        np.zeros((1, SIZE), np.float32),
        Strength(1, 1),
    )
    assert find_doubles(gallery_of(rows), means, 0.1) == [("3.jpg", "7.jpg")]
    assert find_doubles(gallery_of(rows[:1] * 2), means, 0.1) == []


def test_one_file_under_two_names_is_found(crowd):
    files = [*crowd.files[:-1], crowd.files[0]]
    twice = Gallery(crowd.pictures, crowd.vectors, ENGINE, WEIGHTS, files)
    assert same_files(crowd) == []
    assert same_files(twice) == [(crowd.pictures[0].path, crowd.pictures[-1].path)]


def test_relatives_are_nearer_than_strangers_and_contrast_tells_them_apart(crowd, slicer):
    kin = Kin.measured(crowd, Household(slicer), plain())
    limit = kin.limits[1e-2]
    assert limit is not None
    alone, contrast = kin.without_contrast(limit), kin.with_contrast(limit, 0.0)
    assert alone["kin_fmr"]["value"] > 2e-2
    assert contrast["kin_fmr"]["value"] < 0.5 * alone["kin_fmr"]["value"]
    assert contrast["more_review"]["value"] < 0.05
    wider = kin.with_contrast(limit, 0.1)
    assert wider["kin_fmr"]["value"] <= contrast["kin_fmr"]["value"]
    assert wider["more_review"]["value"] >= contrast["more_review"]["value"]


@pytest.fixture(scope="module")
def report(crowd: Gallery, slicer: Slicer, tmp_path_factory: pytest.TempPathFactory):
    limits = Calibration(crowd, slicer, slicer, as_shipped(None)).points("made up")
    found = Bench(crowd, slicer, None)
    written = found.report(limits)
    written["pictures"]["doubles_left_out"] = 0
    path = tmp_path_factory.mktemp("report") / "det.svg"
    draw(found.curves, path)
    return written, path


@pytest.mark.gate
def test_the_report_has_the_documented_form(report):
    written = json.loads(json.dumps(report[0]))
    assert written["engine"] == ENGINE
    assert list(written["slices"]) == SLICES
    for name, found in written["slices"].items():
        assert {"subjects", "images", "failed_to_detect", "genuine", "impostor"} <= set(found)
        assert list(found["fnmr_at_fmr"]) == ["1e-2", "1e-3", "1e-4", "1e-5", "1e-6"]
        for rate in found["fnmr_at_fmr"].values():
            assert rate is None or {"value", "low", "high"} <= set(rate)
        assert {"fmr", "fnmr", "review"} <= set(found["operating_point"]), name
        assert "plain" in found["baselines"]
        for baseline in found["baselines"].values():
            assert set(baseline) == {"fnmr_at_fmr", "difference"}
            assert {"fmr", "value", "low", "high"} <= set(baseline["difference"])
    apart = written["slices"]["adult_strangers_mean3"]["baselines"]["plain_mean"]["difference"]
    assert apart["fmr"] == "1e-4"
    assert apart["value"] == apart["1e-4"]["value"]


@pytest.mark.parametrize("found", [True, False])
def test_slices_without_pictures_are_there_and_empty(found, tmp_path):
    random = np.random.default_rng(6)
    nothing = np.full((3, SIZE), np.nan, np.float32)
    rows = [
        (Picture(f"{n}.jpg", f"s{n}", None, "", ""), directions(random, 3) if found else nothing)
        for n in range(3)
    ]
    gallery = gallery_of(rows)
    bench_ = Bench(gallery, Slicer(gallery.pictures, gallery.found()), None)
    written = {**bench_.report(None), "pictures": {"all": 3, "failed_to_detect": 0}}
    written["pictures"]["doubles_left_out"] = 0
    draw(bench_.curves, tmp_path / "det.svg")
    assert "kin_contrast" in readable(written)
    assert list(written["slices"]) == SLICES
    for slice_ in written["slices"].values():
        assert slice_["genuine"] == 0
        assert set(slice_["fnmr_at_fmr"].values()) == {None}
    strangers = written["slices"]["adult_strangers"]
    assert (strangers["images"], strangers["failed_to_detect"]) == ((3, 0) if found else (0, 3))


@pytest.mark.gate
def test_memory_grows_with_the_people_of_a_slice_not_with_all_of_the_manifest():
    random = np.random.default_rng(6)
    ages = [(None, 12_000), (30, 5)]  # without a picture that can be used, and with one
    rows = [
        (Picture(f"{age}{n}.jpg", f"{age}:{n}", age, "", ""), directions(random, 3) * scale)
        for (age, count), scale in zip(ages, (np.nan, 1), strict=True)
        for n in range(count)
    ]
    gallery = gallery_of(rows)
    tracemalloc.start()
    Bench(gallery, Slicer(gallery.pictures, gallery.found()), None).report(None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # a table of each two of them takes 576 MB


def test_families_without_relations_have_no_relatives_to_count(crowd):
    rows = [
        (picture, vectors)
        for picture, vectors in zip(crowd.pictures, crowd.vectors, strict=True)
        if picture.family in {"family1", "family2"}
    ]
    gallery = gallery_of(rows)
    written = Bench(gallery, Slicer(gallery.pictures, gallery.found()), None).report(None)
    for name in ("kin", "kin_contrast"):
        assert written["slices"][name]["genuine"] > 0
        assert written["slices"][name]["impostor"] == 0
    assert [note for note in written["notes"] if "No relations" in note]


def twice(random: np.random.Generator, youngest: int, doubles: int, people: int):
    """One picture each, of which some show the same people as some others."""
    seen = [directions(random, 1)[0] for _ in range(people)]
    for number in range(people):
        person = seen[number] if number >= 2 * doubles else seen[number // 2]
        name = f"{youngest}:{number}"
        yield Picture(name, name, youngest, "", ""), pictured(random, person, 0.2)


@pytest.mark.gate
@pytest.mark.parametrize(("doubles", "within"), [(18, True), (120, False)])
def test_a_limit_holds_as_labelled_where_that_is_near_and_else_the_report_says_so(doubles, within):
    random = np.random.default_rng(5)
    people = {30: (doubles, 700), 2: (0, 40), 8: (0, 40), 13: (0, 40), 16: (0, 40), 65: (0, 40)}
    gallery = gallery_of([row for age, many in people.items() for row in twice(random, age, *many)])
    named = [(f"30:{2 * n}", f"30:{2 * n + 1}") for n in range(doubles)]
    slicer = Slicer(gallery.pictures, gallery.found(), (), named)
    labelled = Slicer(gallery.pictures, gallery.found())
    points = Calibration(gallery, slicer, labelled, as_shipped(None)).points("made up")
    adults = points["bands"]["18-59"]
    assert adults["accept_within"] is not None
    assert adults["fmr"]["value"] <= 1e-4
    assert (adults["fmr_as_labelled"]["value"] <= 1e-4) is within
    assert adults["supported_as_labelled"] is within
    said = " ".join(past_target_as_labelled(points))
    assert ("18-59" in said) is not within


def test_nobody_is_rejected_at_a_limit_that_so_few_people_cannot_show():
    random = np.random.default_rng(5)
    rows = [row for age in (2, 8, 13, 16, 65) for row in twice(random, age, 0, 4)]
    gallery = gallery_of([*rows, *twice(random, 30, 0, 20)])
    slicer = Slicer(gallery.pictures, gallery.found())
    points = Calibration(gallery, slicer, slicer, as_shipped(None)).points("made up")
    for band in points["bands"].values():
        assert band["accept_within"] is None
        assert (band["review_within"], band["review_fmr"]) == (calibration.FURTHEST, None)
    assert calibration.read_points(ENGINE, points).at(30).accept_within is None


def test_limits_are_not_set_where_frames_of_one_capture_cannot_be_told_from_those_of_two_people():
    random = np.random.default_rng(5)
    rows = [row for age in (2, 8, 13, 16, 30, 65) for row in twice(random, age, 0, 3)]
    gallery = gallery_of(rows)
    slicer = Slicer(gallery.pictures, gallery.found())
    with pytest.raises(TooFewPeople, match="frames"):
        Calibration(gallery, slicer, slicer, as_shipped(None)).points("made up")


def test_rates_by_group_are_those_of_its_own_people(crowd, slicer):
    rows = [
        (replace(p, sex="fm"[int(p.subject.split(":")[1]) % 2]), vectors)
        for p, vectors in zip(crowd.pictures, crowd.vectors, strict=True)
        if p.age is not None
    ]
    gallery = gallery_of(rows)
    limits = calibration.uncalibrated(ENGINE).by_band
    adults = replace(limits["18-59"], accept_within=0.3)
    of_own = Slicer(gallery.pictures, gallery.found())
    found = group_rates(gallery, of_own, plain(), {**limits, "18-59": adults})
    assert set(found["sex_adults"]["false_match_rate"]) == {"f", "m"}
    missed = found["sex_adults"]["false_non_match_rate"]
    men = [n for n, p in enumerate(gallery.pictures) if p.sex == "m" and p.age and p.age >= 18]
    photos = gallery.vectors[men, 0]
    away, people = 1 - photos @ photos.T, of_own.subjects[men]
    own = (people[:, None] == people) & np.triu(np.ones_like(away, bool), 1)
    assert missed["of"]["m"]["value"] == pytest.approx((away[own] >= 0.3).mean())
    assert missed["together"]["comparisons"] == 2 * own.sum()
    assert missed["worst_to_together"] >= 1
    few = gallery_of([row for row in rows if int(row[0].subject.split(":")[1]) < 15])
    of_few = Slicer(few.pictures, few.found())
    found = group_rates(few, of_few, plain(), {**limits, "18-59": adults})
    assert set(found["sex_adults"]["false_non_match_rate"]["of"].values()) == {None}


def test_limits_are_set_where_other_strangers_are_one_person_only(crowd):
    rows = [
        (picture, vectors)
        for picture, vectors in zip(crowd.pictures, crowd.vectors, strict=True)
        if picture.age is not None or picture.subject == "stranger0"
    ]
    gallery = gallery_of(rows)
    slicer = Slicer(gallery.pictures, gallery.found())
    points = Calibration(gallery, slicer, slicer, as_shipped(None)).points("made up")
    assert list(points["bands"]["18-59"]["fmr_elsewhere"]) == ["18-59, at most 5 years apart"]
    assert points["same_capture_within"] > 0


def near_in_time(random: np.random.Generator, alike: int):
    """600 people of five ages, so that one pair in five is near in time; some of 62 years look like
    another one of them."""
    for age, doubles, people in ((62, alike, 60), *((age, 0, 135) for age in (70, 80, 90, 100))):
        yield from twice(random, age, doubles, people)


def test_past_60_the_strangers_of_about_one_age_have_to_be_within_the_target_too():
    band, rate = calibration.BANDS[5], Rate(1.4e-4, 4e-5, 3.2e-4, 22, 159_337, "clopper-pearson")
    own = "60+, at most 5 years apart"
    assert past_target(band, {own: rate}) == [own]
    assert past_target(band, {own: replace(rate, value=6e-5)}) == [own]
    assert past_target(band, {own: replace(rate, value=6e-5, high=2e-4)}) == []


def test_at_6_to_10_few_of_ones_own_age_have_to_be_within_the_target_too():
    band, few = calibration.BANDS[1], Rate(1.46e-3, None, None, 4, 2_737, "none")
    assert past_target(band, {"6-10": few, "6-15": replace(few, value=8.5e-4)}) == ["6-10"]
    assert past_target(band, {"6-10": replace(few, value=1e-3)}) == []


@pytest.mark.gate
@pytest.mark.parametrize(("alike", "accepts"), [(0, True), (10, False)])
def test_a_band_past_its_target_among_its_own_nearer_strangers_waits_for_a_person(alike, accepts):
    random = np.random.default_rng(5)
    others = [row for age in (2, 8, 13, 16) for row in twice(random, age, 0, 40)]
    gallery = gallery_of([*others, *twice(random, 30, 0, 300), *near_in_time(random, alike)])
    slicer = Slicer(gallery.pictures, gallery.found())
    points = Calibration(gallery, slicer, slicer, as_shipped(None)).points("made up")
    elders = points["bands"]["60+"]
    assert elders["fmr"]["high"] <= 2e-4
    assert (elders["accept_within"] is not None) is accepts
    assert ("nearer strangers" in (elders["review_because"] or "")) is not accepts


def test_limits_are_not_set_for_an_age_of_which_nobody_is_there():
    random = np.random.default_rng(6)
    rows = [(Picture(f"{n}", f"{n}", 30, "", ""), directions(random, 3)) for n in range(40)]
    gallery = gallery_of(rows)
    slicer = Slicer(gallery.pictures, gallery.found())
    with pytest.raises(TooFewPeople, match="0-5 years"):
        Calibration(gallery, slicer, slicer, as_shipped(None)).points("made up")


@pytest.mark.gate
def test_what_so_few_cannot_show_is_null(report):
    strangers = report[0]["slices"]["adult_strangers"]["fnmr_at_fmr"]
    assert strangers["1e-4"] is not None
    assert strangers["1e-6"] is None
    children = report[0]["slices"]["age_6_10"]["fnmr_at_fmr"]
    assert children["1e-2"]["low"] is None  # 40 people
    assert children["1e-4"] is None


@pytest.mark.gate
def test_a_person_reads_the_same_figures(report):
    text = readable(report[0])
    value = report[0]["slices"]["adult_strangers"]["fnmr_at_fmr"]["1e-2"]["value"]
    assert f"{100 * value:.3g} %" in text
    assert all(name in text for name in SLICES)


@pytest.mark.gate
def test_curves_are_drawn_and_the_same_each_time(report):
    drawn = report[1].read_text()
    assert drawn.startswith("<?xml")
    assert "adult_strangers" in drawn
    assert "dc:date" not in drawn


@pytest.mark.gate
def test_limits_that_were_measured_are_read_back(report, tmp_path):
    points = report[0]["operating_points"]
    path = tmp_path / "points.json"
    write_points(path, "another", points)
    write_points(path, ENGINE, points)
    assert calibration.points_of("another", WEIGHTS, path) is not None
    assert calibration.points_of("never measured", WEIGHTS, path) is None
    with pytest.raises(NotCalibratedFor):
        calibration.points_of("another", "f" * 64, path)
    assert calibration.measured(ENGINE, path) == json.loads(json.dumps(points))
    bands = points["bands"]
    assert bands["0-5"]["accept_within"] is None
    assert bands["16-17"]["accept_within"] is None
    for band in calibration.BANDS:
        if bands[band.name]["accept_within"] is not None:
            assert bands[band.name]["fmr"]["high"] <= 2 * (band.accept_fmr or 0)


def test_means_are_made_only_of_enough_people():
    random = np.random.default_rng(3)

    def aged(age: int, count: int) -> list[tuple[Picture, np.ndarray]]:
        return [
            (Picture(f"{age}-{n}", f"{age}-{n}", age, "", ""), directions(random, 3))
            for n in range(count)
        ]

    means = age_means(gallery_of(aged(7, 70) + aged(8, 40) + aged(9, 40) + aged(20, 57)), SOME)
    assert means.ages.tolist() == [7, 8.5]
    assert means.people.tolist() == [70, 80]
    with pytest.raises(TooFewPeople):
        age_means(gallery_of(aged(7, 57)), SOME)


SOME = Strength(0.8, 0.0)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("path,subject\na,b\n", "no column age, family, sex"),
        ("path,subject,age,family,sex\n,b,,,\n", "line 2: no path"),
        ("path,subject,age,family,sex\na,b,-3,,\n", "no age in years"),
        ("path,subject,age,family,sex\na,b,4000,,\n", "no age in years"),
        ("path,subject,age,family,sex\na,b,x\n", "no age in years"),
        pytest.param(
            f"path,subject,age,family,sex\na,b,{'9' * 5000},,\n", "no age in years", id="endless"
        ),
    ],
)
def test_a_table_that_is_not_understood_is_refused(tmp_path, table, said):
    path = tmp_path / "manifest.csv"
    path.write_text(table)
    with pytest.raises(ManifestUnreadable, match=said):
        read_manifest(path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_table_that_is_missing_or_no_text_is_refused(tmp_path, content):
    path = tmp_path / "manifest.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ManifestUnreadable):
        read_manifest(path)


@pytest.mark.gate
def test_pictures_are_embedded_once_and_kept_privately(tmp_path, astronaut, resnet):
    astronaut.convert("RGB").save(tmp_path / "face.jpg")
    astronaut.crop((0, 300, 120, 420)).convert("RGB").save(tmp_path / "none.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    pictures = [Picture(f"{n}.jpg", n, None, "", "") for n in ("face", "none", "broken")]
    cache = tmp_path / "cache"
    first = open_gallery(pictures, tmp_path, resnet, cache, workers=1)
    assert first.found().tolist() == [True, False, False]
    assert np.linalg.norm(first.vectors[0], axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    (kept,) = cache.iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    written = kept.stat().st_mtime_ns
    again = open_gallery(pictures, tmp_path, resnet, cache, workers=1)
    assert np.array_equal(first.vectors, again.vectors, equal_nan=True)
    assert kept.stat().st_mtime_ns == written
    gone = Picture("gone.jpg", "x", None, "", "")
    with pytest.raises(PicturesMissing, match=r"gone\.jpg"):
        open_gallery([gone], tmp_path, resnet, cache, workers=1)


def test_without_limits_everything_goes_to_a_person(crowd):
    gallery = gallery_of([(p, v) for p, v in zip(crowd.pictures, crowd.vectors, strict=True)][:40])
    slicer = Slicer(gallery.pictures, gallery.found())
    slices = Bench(gallery, slicer, None).report(None)["slices"]
    assert all(set(found["operating_point"]) == ZONES for found in slices.values())
    point = slices["adult_strangers"]["operating_point"]
    assert (point["fmr"], point["fnmr"], point["review"]["value"]) == (None, None, 1)


ZONES = {"fmr", "fnmr", "review", "rejected"}


@pytest.mark.gate
def test_the_command_measures_pictures_of_ones_own(tmp_path, astronaut, admiral, monkeypatch):
    """From another folder, without relations, with pictures that are none."""
    monkeypatch.chdir(tmp_path)
    faces = tmp_path / "ours"
    faces.mkdir()
    lines = ["extra,sex,path,subject,family,age"]
    for who, portrait in (("Änne", astronaut), ("Bo", admiral)):
        for number, view in enumerate(views(portrait, 2)):
            view.save(faces / f"{who} {number}.png")
            lines.append(f"x,f,{who} {number}.png,{who},,")
    (faces / "none.jpg").write_bytes(b"")
    lines += ["x,,none.jpg,none,,7", lines[1]]
    (tmp_path / "m.csv").write_text("\n".join(lines), encoding="utf-8")
    assert bench.main(["match", "--manifest", "m.csv", "--images", "ours", "--out", "o/ut"]) == 0
    written = json.loads((tmp_path / "o" / "ut" / "report.json").read_text(encoding="utf-8"))
    assert (written["engine"], list(written["slices"])) == ("dlib-resnet-v1", SLICES)
    strangers = written["slices"]["adult_strangers"]
    counted = [strangers[k] for k in ("subjects", "images", "genuine", "impostor")]
    assert counted == [2, 5, 3, 6]  # the row that stands twice is not compared with itself
    assert set(strangers["fnmr_at_fmr"].values()) == {None}
    assert strangers["operating_point"]["fmr"]["value"] == 0
    assert strangers["baselines"]["plain"]["difference"]["value"] is None
    assert written["pictures"] == {"all": 6, "failed_to_detect": 1, "doubles_left_out": 1}
    assert (tmp_path / "o" / "ut" / "det.svg").is_file()
    (note,) = written["notes"]
    assert "No table of doubles" in note
    read = (tmp_path / "o" / "ut" / "report.md").read_text(encoding="utf-8")
    assert "adult_strangers" in read
    assert note in read


def test_a_damaged_file_of_kept_embeddings_is_named(tmp_path, resnet):
    (tmp_path / "face.jpg").write_bytes(b"no picture")
    pictures = [Picture("face.jpg", "a", None, "", "")]
    open_gallery(pictures, tmp_path, resnet, tmp_path / "cache", workers=1)
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    with pytest.raises(CacheUnreadable, match="remove it"):
        open_gallery(pictures, tmp_path, resnet, tmp_path / "cache", workers=1)


@pytest.mark.parametrize(
    "wrong",
    [
        "match --workers 0",
        "cohort --minor 1.5",
        "cohort --adult nan",
        "speed --rounds 0",
        "speed --engine facenet",
        "threads --rounds -1",
        "threads --seconds nan",
        "threads --warm 0",
        "doubles --workers two",
    ],
)
def test_an_option_that_makes_no_sense_is_not_understood(wrong, tmp_path, capsys):
    needed = ["--out", str(tmp_path / "out")]
    if wrong.startswith(("match", "cohort", "doubles")):
        needed += ["--manifest", str(tmp_path / "m.csv"), "--images", str(tmp_path)]
    with pytest.raises(SystemExit) as ended:
        bench.main([*wrong.split(), *needed])
    assert ended.value.code == 2
    assert "error: argument" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["speed", "threads", "match", "cohort", "doubles", "page"])
def test_a_place_that_cannot_be_written_is_said_before_anything_is_done(command, tmp_path, capsys):
    (tmp_path / "file").write_text("no folder")
    inside = str(tmp_path / "file" / "out")
    sources = ["--manifest", str(tmp_path / "m.csv"), "--images", str(tmp_path)]
    needed = [] if command in {"speed", "threads", "page"} else sources
    place = "--page" if command == "page" else "--out"
    assert bench.main([command, place, inside, *needed]) == 2
    assert capsys.readouterr().err.startswith("not done: ")


@pytest.mark.parametrize("table", ["--relations", "--doubles"])
def test_a_table_that_is_none_is_said_before_pictures_are_embedded(table, tmp_path, capsys):
    (tmp_path / "m.csv").write_text("path,subject,age,family,sex\ngone.jpg,a,,,\n")
    arguments = ["--manifest", str(tmp_path / "m.csv"), "--images", str(tmp_path)]
    assert bench.main(["match", *arguments, "--out", str(tmp_path), table, "other.csv"]) == 2
    assert "other.csv" in capsys.readouterr().err


def test_packs_are_looked_for_where_they_are_installed(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ECARD_VAR", str(tmp_path))
    (tmp_path / "m.csv").write_text("path,subject,age,family,sex\na.jpg,a,,,\n")
    arguments = ["--manifest", str(tmp_path / "m.csv"), "--images", str(tmp_path)]
    arguments += ["--engine", "yunet-mobilefacenet", "--out", str(tmp_path / "out")]
    assert bench.main(["match", *arguments]) == 2
    assert f"is not in {tmp_path / 'models'}; " in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["nothing"]])
def test_a_command_that_does_not_exist_lists_those_that_do(arguments, capsys):
    assert bench.main(arguments) == 2
    assert "match" in capsys.readouterr().out


def test_a_missing_table_is_one_line_and_exit_status_2(tmp_path, capsys):
    gone = str(tmp_path / "gone.csv")
    arguments = ["match", "--manifest", gone, "--images", str(tmp_path), "--out", str(tmp_path)]
    assert bench.main(arguments) == 2
    assert capsys.readouterr().err.startswith("not done: ")


def test_large_photos_are_measured_at_the_size_that_the_product_compares(tmp_path, astronaut):
    astronaut.resize((1800, 2400)).save(tmp_path / "large.jpg")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "folder.jpg").mkdir()
    astronaut.resize((60, 80)).save(tmp_path / "small.png")
    assert [max(portrait.size) for portrait in pictures(tmp_path)] == [1600]
    with pytest.raises(FileNotFoundError, match="no picture"):
        pictures(tmp_path / "elsewhere")
