"""AVIFs by other encoders, and what libavif (in Pillow) shows of each: `avifs.py FOLDER` writes NAME.avif and NAME.png.

Those in FOLDER already, which sharp made, are only read.
"""

import sys
from pathlib import Path

from PIL import Image, ImageOps

FOLDER = Path(sys.argv[1])


def scene(width=181, height=121):
    red = Image.linear_gradient("L").rotate(90).resize((width, height))
    green = Image.effect_mandelbrot((width, height), (-2.2, -1.2, 0.9, 1.2), 90)
    blue = Image.radial_gradient("L").resize((width, height))
    return Image.merge("RGB", (red, green, blue))


def write(name, picture, **options):
    picture.save(FOLDER / f"{name}.avif", **options)


rgb = scene()
gray = rgb.convert("L")
rgba = rgb.copy()
rgba.putalpha(Image.linear_gradient("L").resize(rgb.size))
if sys.argv[2:] == ["scene"]:
    rgb.save(FOLDER / "scene.png")
    sys.exit()
for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
    for quality in (10, 60, 100):
        for span in ("full", "limited"):
            name = f"{subsampling} {span} of {quality}"
            write(name, rgb, subsampling=subsampling, quality=quality, range=span)
for span in ("full", "limited"):
    write(f"4:0:0 {span}", gray, quality=70, subsampling="4:0:0", range=span)
write("4:4:4 with alpha", rgba, quality=80, subsampling="4:4:4")
write("4:4:4 premultiplied", rgba, quality=80, subsampling="4:4:4", alpha_premultiplied=True)
write("4:2:0 with alpha", rgba, quality=80)
write("4:4:4 of tiles", rgb.resize((1200, 900)), quality=60, subsampling="4:4:4", tile_rows=1, tile_cols=1)
write("4:4:4 slowly", rgb, subsampling="4:4:4", speed=0)
for orientation in range(2, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    write(f"4:4:4 turned {orientation}", rgb, quality=80, subsampling="4:4:4", exif=exif)
for path in FOLDER.glob("*.avif"):
    ImageOps.exif_transpose(Image.open(path)).save(path.with_suffix(".png"))
