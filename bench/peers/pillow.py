"""Pillow as a peer of the engine suite, asked as bench/task.rs says: python pillow.py THREADS

What is done is what Image.thumbnail does, but to an exact size: the JPEG decoder's own scaling, then Lanczos.
"""

import io
import sys
from functools import cache
from pathlib import Path

import PIL
from PIL import Image, features
from worker import serve

THREADS = int(sys.argv[1])
# Image.thumbnail's default: the cheap part of the reduction stops at twice the size that Lanczos makes.
REDUCING_GAP = 2.0
# The modes that resize() filters and that encoders take; palettes, CMYK and the like are converted.
MODES = ("L", "LA", "RGB", "RGBA")


@cache
def source_at(path):
    return Path(path).read_bytes()


def resized(image, size):
    if image.size == size:
        return in_known_mode(image)
    box = None
    # None where the format's decoder can't scale.
    if drafted := image.draft(None, (size[0] * REDUCING_GAP, size[1] * REDUCING_GAP)):
        box = drafted[1]
    return in_known_mode(image).resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=REDUCING_GAP)


def in_known_mode(image):
    if image.mode in MODES and "transparency" not in image.info:
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def on_white(image):
    if not image.has_transparency_data:
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def settings(task):
    quality, effort = task["quality"], task["effort"]
    if task["format"] == "jpeg":
        return {"quality": quality, "optimize": True, "subsampling": "4:2:0"}
    if task["format"] == "webp":
        return {"quality": quality, "method": 4 if effort is None else effort}
    if task["format"] == "avif":
        # The speed's default is 6; the number of threads is by default the number of cores, which many at once have to share.
        speed = {} if effort is None else {"speed": effort}
        return {"quality": quality, "max_threads": 1 if task["copies"] > 1 else THREADS, **speed}
    return {}


def make(task):
    with Image.open(io.BytesIO(source_at(task["source"]))) as opened:
        image = resized(opened, (task["width"], task["height"]))
        if task["format"] == "jpeg":
            image = on_white(image)
        # Some encoders would write the source's colour profile and the like, which lie here.
        image.info = {}
        result = io.BytesIO()
        image.save(result, task["format"], **settings(task))
        return result.getvalue(), image.size


def unable(task):
    if task["format"] not in ("jpeg", "webp", "avif", "png"):
        return f"this worker has no encoder named {task['format']}"
    if task["format"] in ("webp", "avif") and not features.check(task["format"]):
        return f"this Pillow was built without {task['format']}"
    return None


libraries = {"libjpeg-turbo": "libjpeg_turbo", "libwebp": "webp", "libavif": "avif"}
versions = [f"{name} {features.version(feature)}" for name, feature in libraries.items() if features.version(feature)]
serve(", ".join([f"Pillow {PIL.__version__}", *versions]), THREADS, unable, source_at, make)
