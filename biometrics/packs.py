"""Model packs: which files they are made of, where these come from, and how an installed one is
read. Installing is `biometrics.models`; nothing here reaches for the network."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from biometrics.errors import ModelAltered, ModelMissing


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file, pinned."""

    name: str
    folder: str
    """Beside which it also lies in a folder of unpacked models (`--from FOLDER`)."""
    sha256: str
    size_bytes: int
    url: str
    licence: str
    training_data: str
    """Where what it learned from came from: for an agency to clear."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Files that are installed together."""

    name: str
    purpose: str
    files: tuple[PackFile, ...]
    run_here: bool = True
    """Whether this project has been run with it."""


_ZOO = "https://media.githubusercontent.com/media/opencv/opencv_zoo"
_ZOO_COMMIT = "966be4cb6eefc2a4f586ed0581bf4bbaa2533070"

YUNET = PackFile(
    "face_detection_yunet_2023mar.onnx",
    "yunet",
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    232_589,
    f"{_ZOO}/{_ZOO_COMMIT}/models/face_detection_yunet/face_detection_yunet_2023mar.onnx",
    "MIT",
    "WIDER FACE: pictures of people found on the web, who were not asked",
)
MOBILEFACENET = PackFile(
    "MobileFaceNet.onnx",
    "mobilefacenet",
    "b7120c095d60094f28a4a54ba6a8bf51b297a6273fb40ef6350dfec1f63d9507",
    3_998_070,
    "https://raw.githubusercontent.com/foamliu/MobileFaceNet/"
    "a6cc9032a659b615f477833e1a70b5e7931bcccc/weights/MobileFaceNet.onnx",
    "Apache-2.0",
    "MS-Celeb-1M: pictures of people found on the web; withdrawn by its publisher",
)
SFACE = PackFile(
    "face_recognition_sface_2021dec.onnx",
    "sface",
    "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    38_696_353,
    f"{_ZOO}/{_ZOO_COMMIT}/models/face_recognition_sface/face_recognition_sface_2021dec.onnx",
    "Apache-2.0",
    "not stated with the file; its paper names CASIA-WebFace, VGGFace2 and MS-Celeb-1M",
)
MINIFASNET_V2 = PackFile(
    "MiniFASNetV2.onnx",
    "minifasnet",
    "4eed38f0bde33c9b805942a5f25e42ce1161e2bda545254be622be957727794e",
    1_743_561,
    "https://raw.githubusercontent.com/yakhyo/face-anti-spoofing/"
    "c175efef505bc275f7835cc9aa2aecab305ac184/weights/MiniFASNetV2.onnx",
    "Apache-2.0",
    "pictures and attacks collected by its makers (minivision-ai), not published",
)
MINIFASNET_V1SE = PackFile(
    "MiniFASNetV1SE.onnx",
    "minifasnet",
    "d819a69bac6b9ade2a0f4d9b60b618e1260f7bf3ba1fddff6c5d82131cb1083f",
    1_742_315,
    "https://raw.githubusercontent.com/yakhyo/face-anti-spoofing/"
    "c175efef505bc275f7835cc9aa2aecab305ac184/weights/MiniFASNetV1SE.onnx",
    "Apache-2.0",
    "pictures and attacks collected by its makers (minivision-ai), not published",
)

PACKS: Mapping[str, Pack] = MappingProxyType(
    {
        pack.name: pack
        for pack in (
            Pack("yunet-mobilefacenet", "face verification", (YUNET, MOBILEFACENET)),
            Pack("yunet-sface", "face verification", (YUNET, SFACE), run_here=False),
            Pack("minifasnet", "detection of attacks", (MINIFASNET_V2, MINIFASNET_V1SE)),
        )
    }
)


def default_folder() -> Path:
    """`models` in the data directory: where packs are installed unless another place is named."""
    return Path(os.environ.get("ECARD_VAR") or "var").absolute() / "models"


def read_pack_file(models: Path | None, wanted: PackFile) -> bytes:
    """An installed file's bytes. `ModelMissing` where it is not there, `ModelAltered` where it is
    not the pinned one."""
    if models is None:
        raise ModelMissing(f"{wanted.name} is not installed: no folder of models was named")
    try:
        content = (models / wanted.name).read_bytes()
    except OSError as error:
        packs = " or ".join(pack.name for pack in PACKS.values() if wanted in pack.files)
        raise ModelMissing(
            f"{wanted.name} is not in {models}; python -m biometrics.models install {packs}"
        ) from error
    problem = what_is_wrong(content, wanted)
    if problem:
        raise ModelAltered(problem)
    return content


def what_is_wrong(content: bytes, wanted: PackFile) -> str | None:
    """In which way the bytes are not the pinned file; None where they are."""
    if len(content) != wanted.size_bytes:
        return f"{wanted.name} has {len(content)} bytes instead of {wanted.size_bytes}"
    if hashlib.sha256(content).hexdigest() != wanted.sha256:
        return f"{wanted.name} does not have the pinned SHA-256"
    return None
