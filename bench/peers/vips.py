"""libvips, by way of pyvips, as a peer of the engine suite, asked as bench/task.rs says: python vips.py THREADS"""

import os
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

THREADS = int(sys.argv[1])
# Of many pictures at once each gets a thread, and a single one is made on one core; libvips reads it when it is loaded.
os.environ["VIPS_CONCURRENCY"] = "1"

import pyvips  # noqa: E402
from worker import serve  # noqa: E402

# Without this a second decoding of the same bytes would be an answer out of libvips's cache of operations.
pyvips.cache_set_max(0)

SUFFIXES = {"jpeg": ".jpg", "webp": ".webp", "avif": ".avif", "png": ".png"}
SAVERS = {"jpeg": "jpegsave_buffer", "webp": "webpsave_buffer", "avif": "heifsave_buffer", "png": "pngsave_buffer"}


@cache
def source_at(path):
    """The file's bytes and the picture's size."""
    data = Path(path).read_bytes()
    image = pyvips.Image.new_from_buffer(data, "")
    return data, (image.width, image.height)


def settings(task):
    """What is not named is libvips's default; 4 is its default effort for both."""
    quality, effort = task["quality"], 4 if task["effort"] is None else task["effort"]
    return {
        "jpeg": {"Q": quality, "optimize_coding": True, "subsample_mode": "on"},
        "webp": {"Q": quality, "effort": effort},
        "avif": {"Q": quality, "effort": effort, "compression": "av1"},
        "png": {},
    }[task["format"]]


def make(task):
    data, size = source_at(task["source"])
    if size == (task["width"], task["height"]):
        image = pyvips.Image.new_from_buffer(data, "", access="sequential")
    else:
        image = pyvips.Image.thumbnail_buffer(data, task["width"], height=task["height"], size="force")
    if task["format"] == "jpeg" and image.hasalpha():
        image = image.flatten(background=255)
    # Nothing is computed until it is asked for here.
    result = getattr(image, SAVERS[task["format"]])(keep="none", **settings(task))
    return result, (image.width, image.height)


def unable(task):
    if task["format"] not in SAVERS:
        return f"this worker has no encoder named {task['format']}"
    if SUFFIXES[task["format"]] not in pyvips.get_suffixes():
        return f"this libvips was built without {task['format']}"
    return None


own = ".".join(str(pyvips.version(part)) for part in range(3))
serve(f"libvips {own}, pyvips {version('pyvips')}", THREADS, unable, source_at, make)
