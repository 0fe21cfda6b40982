"""Pictures in folders, and a saved data set, through the whole workflow."""

import pandas as pd
import pytest
import yaml
from conftest import ROOT
from dataset_files import save_to_disk, table
from PIL import Image

ENCODER = {"random": {"kind": "random", "architecture": "emoji-resnet", "seed": 0}}
ASKED = yaml.safe_load((ROOT / "config/config.yaml").read_text())["zero_shot"]


@pytest.mark.study
def test_folders_of_classes_and_a_saved_data_set_give_gap_and_accuracy(workplace, tmp_path):
    for number, name in enumerate(("red", "green", "blue")):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for row in range(4):
            shade = tuple(255 - 20 * row if channel == number else 0 for channel in range(3))
            Image.new("RGB", (40, 30), shade).save(tmp_path / "pictures" / name / f"{row}.png")
    save_to_disk(tmp_path / "saved", [table(0, 6)])
    corpora = {
        "pictures": {"reader": "folder", "folder": "pictures", "evaluate": ["all"]},
        "saved": {"reader": "datasets", "folder": "saved", "image": "img", "caption": "text"},
    }
    corpora["saved"]["evaluate"] = ["all"]
    task = {"corpus": "pictures", "splits": ["all"], "label": "class", "templates": ["{} paint"]}
    zero_shot = ASKED | {"encoders": ["random"], "directions": {"task": "task"}, "bootstrap": 100}
    zero_shot |= {"shifts": {"first": -1, "last": 1, "number": 3}, "tasks": {"paint": task}}
    study = {"study": "own", "title": "Own folders", "corpora": corpora, "encoders": ENCODER}
    place = workplace(study | {"zero_shot": zero_shot})
    targets = [f"results/own/gap/random/{name}/all.parquet" for name in corpora]
    targets.append("results/own/zero_shot/random/pictures/all/curves.parquet")
    place.succeeds("--", *targets)
    pairs = [pd.read_parquet(file)["pairs"].iloc[0] for file in map(tmp_path.joinpath, targets[:2])]
    assert pairs == [12, 6]
    curves = pd.read_parquet(tmp_path / targets[2])
    right = 12 * curves.value[(curves["shift"] == 0) & (curves.metric == "top_1")]
    assert len(right) > 0
    assert (right.round() - right).abs().max() < 1e-9
    assert "Nothing to be done" in place.succeeds("--", *targets)
    (tmp_path / "pictures/red/3.png").unlink()
    assert "read_corpus" in place.succeeds("--", *targets)
    assert pd.read_parquet(tmp_path / targets[0])["pairs"].iloc[0] == 11
