"""Whatever form the labels have, the same pictures show the same bodies; what cannot be used is named."""

from pathlib import Path

import pytest

from models.wildlife.opening import open_folder
from models.wildlife.subjects import LabelError, own_name
from tests.labelled_pictures import coco, film, table, voc, yolo

BODIES = {
    "one.png": [("monkey", (20, 30, 80, 110))],
    "two.png": [("monkey", (10, 10, 50, 60)), ("monkey", (120, 40, 180, 150)), ("person", (60, 20, 90, 140))],
    "car.png": [],
    "none.png": [],
}


def bodies(folder: Path) -> dict[str, list]:
    return {
        one.path.name: sorted(
            (body.name, tuple(round(edge, 3) for edge in body.box)) for body in one.subjects
        )
        for one in open_folder(folder).pictures
    }


@pytest.mark.parametrize("write", [coco, voc, yolo])
def test_every_form_gives_the_same_bodies_in_the_same_pictures(write, tmp_path: Path):
    assert bodies(write(tmp_path / "set")) == BODIES
    assert all(one.boxed and one.path.is_file() for one in open_folder(tmp_path / "set").pictures)


@pytest.mark.parametrize(
    "names",
    [
        "names:\n  0: Japanese macaque\n  1: person\n  2: car\n",
        "names:\n- 'Japanese macaque'\n- person # people\n- car\n",
        'names: ["Japanese macaque",\n  "person", "car"]\n',
        "names: {0: Japanese macaque, 1: person, 2: car}\ncolours: 3\n",
    ],
)
def test_class_names_of_a_yolo_file_are_read_in_all_its_ways(names: str, tmp_path: Path):
    assert bodies(yolo(tmp_path / "set", names)) == BODIES


def test_a_table_says_what_is_in_a_picture_without_a_box(tmp_path: Path):
    found = {one.path.name: one for one in open_folder(table(tmp_path)).pictures}
    assert found["one.png"].names == {"monkey"}
    assert not found["one.png"].boxed
    assert found["two.png"].names == {"monkey", "person"}
    assert found["none.png"].names == frozenset()
    assert found["none.png"].boxed  # nothing is in it, so no box is missing


def test_a_folder_s_name_says_what_its_pictures_and_clips_show(tmp_path: Path):
    film(tmp_path / "monkey" / "a.mp4", frames=3)
    film(tmp_path / "empty" / "b.mp4", frames=3)
    film(tmp_path / "monday" / "c.mp4", frames=3)
    found = {clip.path.name: clip.names for clip in open_folder(tmp_path).clips}
    assert found == {"a.mp4": {"monkey"}, "b.mp4": frozenset(), "c.mp4": None}


def test_a_picture_of_which_nobody_says_anything_is_named_and_not_counted(tmp_path: Path):
    coco(tmp_path)
    (tmp_path / "stray.png").write_bytes((tmp_path / "images" / "one.png").read_bytes())
    found = open_folder(tmp_path)
    assert len(found.pictures) == 4
    assert any("stray.png" in note for note in found.notes)


def test_a_broken_label_file_is_named_and_the_others_are_read(tmp_path: Path):
    voc(tmp_path)
    (tmp_path / "Annotations" / "one.xml").write_text(
        "<annotation><size/><object><name>monkey</name></object></annotation>"
    )
    found = open_folder(tmp_path)
    assert {one.path.name for one in found.pictures} == {"two.png", "car.png", "none.png"}
    assert any("one.xml" in note and "export it again" in note for note in found.notes)


def test_a_yolo_class_without_a_name_asks_for_one(tmp_path: Path):
    yolo(tmp_path / "set")
    (tmp_path / "set" / "data.yaml").unlink()
    assert any("data.yaml" in note for note in open_folder(tmp_path / "set").notes)


def test_of_a_set_that_a_model_learnt_from_only_what_was_held_apart_is_taken(tmp_path: Path):
    coco(tmp_path / "learnt")
    voc(tmp_path / "other")
    apart = tmp_path / "held_apart.txt"
    apart.write_text("two.png\n")
    (tmp_path / "other" / "JPEGImages" / "two.png").rename(tmp_path / "other" / "JPEGImages" / "2.png")
    (tmp_path / "other" / "Annotations" / "two.xml").unlink()
    names = sorted(one.path.name for one in open_folder(tmp_path, apart).pictures)
    assert names == ["car.png", "none.png", "one.png", "two.png"]
    assert len(open_folder(tmp_path).pictures) == 7


def test_a_strange_animal_is_some_other_animal_and_the_report_says_so(tmp_path: Path):
    coco(tmp_path)
    text = (tmp_path / "labels.json").read_text().replace("Japanese macaque", "pangolin")
    (tmp_path / "labels.json").write_text(text)
    found = open_folder(tmp_path)
    assert {body.name for one in found.pictures for body in one.subjects} == {"other_animal", "person"}
    assert any("pangolin" in note for note in found.notes)


def test_a_folder_that_is_not_there_is_an_error_with_a_mend(tmp_path: Path):
    with pytest.raises(LabelError, match="no such folder; give one"):
        open_folder(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("ニホンザル", "monkey"),
        ("Wild_Boar", "boar"),
        ("American Black Bear", "bear"),
        ("hot dog", "thing"),
        ("Other-Animal", "other_animal"),
    ],
)
def test_words_of_others_become_our_own(word: str, name: str):
    assert own_name(word) == name
