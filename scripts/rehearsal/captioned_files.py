"""Original files of the true formats of the captioned sources, small."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from rehearsal.emoji_archives import add_member


def photograph(number: int) -> bytes:
    """A small JPEG, another one for each number."""
    pixels = np.random.default_rng(number).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


def write_zip(path: Path, members: dict[str, bytes], compression=zipfile.ZIP_STORED) -> Path:
    """An archive with an entry for each folder, as those of photographs have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for folder in dict.fromkeys(name.rpartition("/")[0] for name in members):
            if folder:
                archive.writestr(f"{folder}/", b"", zipfile.ZIP_STORED)
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_tar(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    """An archive with these members."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as tar:
        for name, content in members.items():
            add_member(tar, name, content)
    return path


def coco_name(number: int, part: str) -> str:
    """The file name of a photograph of MSCOCO; part: `val2014` and the like."""
    return f"COCO_{part}_{number:012d}.jpg" if part.endswith("2014") else f"{number:012d}.jpg"


def coco_captions(captions: dict[int, list[tuple[int, str]]], part: str) -> dict:
    """The file of captions of a part of MSCOCO; captions: (id, text) by photograph.

    Photographs and captions stand in no order of their numbers, as in the published files.
    """
    notes = [
        {"image_id": image, "id": number, "caption": text}
        for image, texts in captions.items()
        for number, text in texts
    ]
    return {
        "info": {"description": "COCO", "version": "1.0"},
        "images": [
            {
                "license": 3,
                "file_name": coco_name(image, part),
                "height": 9,
                "width": 12,
                "id": image,
            }
            for image in captions
        ],
        "licenses": [{"id": 1, "name": "x", "url": "x"}],
        "annotations": notes[::-1],
    }


def write_coco(folder: Path, parts: dict[str, dict[int, list[tuple[int, str]]]]) -> Path:
    """MSCOCO's archives of photographs and of captions; parts: captions by `val2017` and such."""
    for release in {part[-4:] for part in parts}:
        members = {
            f"annotations/captions_{part}.json": json.dumps(coco_captions(texts, part)).encode()
            for part, texts in parts.items()
            if part.endswith(release)
        }
        archive = folder / f"annotations_trainval{release}.zip"
        write_zip(archive, members, zipfile.ZIP_DEFLATED)
    for part, texts in parts.items():
        write_photographs(folder, part, list(texts))
    return folder


def write_photographs(folder: Path, part: str, numbers: list[int]) -> None:
    """An archive of photographs of MSCOCO."""
    members = {f"{part}/{coco_name(number, part)}": photograph(number) for number in numbers}
    write_zip(folder / f"{part}.zip", members)


def karpathy(images: list[dict], dataset: str) -> dict:
    """A file of Karpathy's; images: filename, split, captions, and filepath if wanted."""
    rows, sentences = [], 0
    for number, image in enumerate(images):
        texts = image["captions"]
        ids = list(range(sentences, sentences + len(texts)))
        sentences += len(texts)
        rows.append(
            {key: image[key] for key in ("filepath", "filename", "split") if key in image}
            | {
                "sentids": ids,
                "imgid": number,
                "sentences": [
                    {"tokens": text.lower().split(), "raw": text, "imgid": number, "sentid": key}
                    for key, text in zip(ids, texts, strict=True)
                ],
            }
        )
    return {"images": rows, "dataset": dataset}


def aokvqa_question(key: str, image: int, question: str, choices: list[str], right: int) -> dict:
    """A question with its choices, as A-OKVQA writes one."""
    return {
        "split": "val",
        "image_id": image,
        "question_id": key,
        "question": question,
        "choices": choices,
        "correct_choice_idx": right,
        "direct_answers": [choices[right]] * 9 + ["something"],
        "difficult_direct_answer": False,
        "rationales": ["It is.", "It looks so.", "Nothing else would be there."],
    }


def write_mmvp_vlm(folder: Path, rows: list[tuple[int, str, str]]) -> Path:
    """MMVP-VLM; rows: number, type and statement."""
    lines = ["Question ID,Type,Statement"]
    for number, kind, statement in rows:
        quoted = f'"{statement}"' if "," in statement else statement
        lines.append(f"{number},{kind},{quoted}")
        file = folder / "MLLM_VLM Images" / kind / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(photograph(number))
    (folder / "Questions.csv").write_text("\ufeff" + "\r\n".join(lines) + "\r\n", "utf-8")
    return folder
