"""Sources of every sort and what Pillow makes of them: `pillow.py FOLDER` writes both, and the list as cases.json.

A case is a source, a query, how sharp would be asked for the same, and how far apart the results may be.
"""

import io
import json
import sys
from pathlib import Path

import profiles
from PIL import Image, ImageCms, ImageOps

FOLDER = Path(sys.argv[1])
SRGB = ImageCms.createProfile("sRGB")
LANCZOS = Image.Resampling.LANCZOS
cases = []


def scene(width=360, height=240):
    """Smooth colour, fine structure and a corner that shows how it is turned."""
    red = Image.linear_gradient("L").resize((width, height)).rotate(90, expand=True).resize((width, height))
    green = Image.effect_mandelbrot((width, height), (-2.2, -1.2, 0.9, 1.2), 90)
    blue = Image.radial_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (red, green, blue))
    picture.paste((250, 30, 20), (0, 0, 90, 50))
    return picture


def case(name, source, shown, query, most, mean, sharp=None, box=None):
    """`shown` is the source upright and in sRGB; `source` is a file's name and bytes."""
    file, data = source
    (FOLDER / file).write_bytes(data)
    reference = shown.resize(box, LANCZOS) if box else shown
    reference.save(FOLDER / f"{len(cases)}.pillow.png")
    options = {} if sharp is None else sharp
    cases.append({"name": name, "source": file, "query": query, "max": most, "mean": mean, "sharp": options})


def write(picture, suffix, **options):
    out = io.BytesIO()
    picture.save(out, suffix, **options)
    return f"{len(cases)}.{suffix}", out.getvalue()


def read(source):
    return Image.open(io.BytesIO(source[1]))


def half(name, source, shown=None, most=12, mean=0.5, **sharp):
    """At half the size, where no decoder scales.

    By Lanczos with three lobes all three; where that overshoots, at hard edges, each rounds and clips between its two passes in
    an order of its own. So it is the mean that tells.
    """
    shown = read(source) if shown is None else shown
    width, height = shown.size
    box = (width // 2, height // 2)
    sharp = {"resize": {"width": box[0], "height": box[1], "fit": "fill"}, **sharp}
    case(name, source, shown, f"w={box[0]}&h={box[1]}&fit=fill&f=png", most, mean, sharp, box)


def through(profile, picture, intent=ImageCms.Intent.RELATIVE_COLORIMETRIC):
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = "L" if picture.mode == "L" else "RGB"
    if mode == "L":
        return ImageCms.profileToProfile(picture, source, SRGB, intent, "RGB", flags=flags).convert("L")
    return ImageCms.profileToProfile(picture, source, SRGB, intent, mode, flags=flags)


def channels():
    rgb = scene()
    gray = rgb.convert("L")
    alpha = Image.radial_gradient("L").resize(rgb.size)
    rgba, gray_alpha = rgb.copy(), gray.convert("LA")
    rgba.putalpha(alpha)
    gray_alpha.putalpha(alpha)
    half("PNG, RGB", write(rgb, "png"), rgb)
    half("PNG, RGBA", write(rgba, "png"), rgba)
    half("PNG, grey", write(gray, "png"), gray)
    half("PNG, grey and alpha", write(gray_alpha, "png"), gray_alpha)
    half("PNG, 64 colours", write(rgb.quantize(64), "png"), rgb.quantize(64).convert("RGB"))
    half("PNG, black and white", write(gray.convert("1"), "png"), gray.convert("1").convert("L"))
    deep = gray.convert("I;16").point(lambda v: v * 257 + 100)
    half("PNG, grey, 16 bits", write(deep, "png"), gray)
    half("WebP, lossless, alpha", write(rgba, "webp", lossless=True, exact=True), rgba)
    half("WebP, lossy", write(rgb, "webp", quality=90))
    half("GIF", write(rgb.quantize(200), "gif"), rgb.quantize(200).convert("RGB"))
    half("BMP, 24 bits", write(rgb, "bmp"), rgb)
    half("BMP, 8 bits", write(rgb.quantize(200), "bmp"), rgb.quantize(200).convert("RGB"))
    half("BMP, grey", write(gray, "bmp"), gray)
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        half(f"TIFF, {compression}", write(rgb, "tiff", compression=compression), rgb)
    half("TIFF, RGBA", write(rgba, "tiff"), rgba)
    half("TIFF, grey, 16 bits", write(deep, "tiff"), gray)
    half("AVIF, 4:4:4", write(rgb, "avif", quality=90, subsampling="4:4:4"))
    half("AVIF, 4:2:0", write(rgb, "avif", quality=90), most=24, mean=1.0)
    half("AVIF, alpha", write(rgba, "avif", quality=95, subsampling="4:4:4"), mean=0.7)


def jpegs():
    rgb = scene()
    for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
        half(f"JPEG, {subsampling}", write(rgb, "jpeg", quality=92, subsampling=subsampling))
    half("JPEG, progressive", write(rgb, "jpeg", quality=92, progressive=True))
    half("JPEG, grey", write(rgb.convert("L"), "jpeg", quality=92))
    half("JPEG, RGB", write(rgb, "jpeg", quality=92, keep_rgb=True))
    small = write(rgb.resize((720, 480)), "jpeg", quality=92)
    box = (90, 60)
    sharp = {"resize": {"width": 90}}
    case("JPEG to an eighth, scaled by the decoder", small, read(small), "w=90&f=png", 24, 2.0, sharp, box)


def orientations():
    rgb = scene()
    for suffix, options in (("jpeg", {"quality": 95, "subsampling": "4:4:4"}), ("png", {}), ("tiff", {}),
                            ("webp", {"lossless": True}), ("avif", {"quality": 95, "subsampling": "4:4:4"})):
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = orientation
            source = write(rgb, suffix, exif=exif, **options)
            shown = ImageOps.exif_transpose(read(source))
            half(f"{suffix.upper()}, orientation {orientation}", source, shown, autoOrient=True)


def colours():
    rgb = scene()
    for name, profile in (("Display P3", profiles.DISPLAY_P3), ("Adobe RGB", profiles.ADOBE_RGB)):
        for suffix, options in (("jpeg", {"quality": 95, "subsampling": "4:4:4"}), ("png", {}), ("tiff", {}),
                                ("webp", {"lossless": True}), ("avif", {"quality": 95, "subsampling": "4:4:4"})):
            source = write(rgb, suffix, icc_profile=profile, **options)
            shown = through(profile, read(source))
            # What sRGB can't show is clipped before they resize, and after we do: that shows at the edges of such colours.
            half(f"{suffix.upper()}, {name}", source, shown, 45, 0.5)
        source = write(rgb, "png", icc_profile=profile)
        case(f"PNG, {name}, not resized", source, through(profile, rgb), "f=png", 3, 0.3)
    gray = rgb.convert("L")
    source = write(gray, "png", icc_profile=profiles.GRAY_GAMMA_18)
    half("PNG, grey, gamma 1.8", source, through(profiles.GRAY_GAMMA_18, gray), 12, 1.0)
    cmyk = rgb.convert("CMYK")
    source = write(cmyk, "jpeg", quality=95)
    half("JPEG, CMYK", source, read(source).convert("RGB"), 16, 2.0)
    press = profiles.press()
    source = write(cmyk, "jpeg", quality=95, icc_profile=press)
    half("JPEG, CMYK through a profile", source, through(press, read(source)), 16, 2.0)
    source = write(cmyk, "tiff", icc_profile=press)
    half("TIFF, CMYK through a profile", source, through(press, read(source)), 16, 2.0)


def fits():
    rgb = scene()
    source = write(rgb, "png")
    case("inside", source, rgb, "w=100&h=100&f=png", 16, 0.5, {"resize": {"width": 100, "height": 100, "fit": "inside"}}, (100, 67))
    case("outside", source, rgb, "w=100&h=100&fit=outside&f=png", 16, 0.5,
         {"resize": {"width": 100, "height": 100, "fit": "outside"}}, (150, 100))
    cover = ImageOps.fit(rgb, (100, 100), LANCZOS)
    case("cover", source, cover, "w=100&h=100&fit=cover&f=png", 16, 0.6, {"resize": {"width": 100, "height": 100}})
    north_west = rgb.crop((0, 0, 240, 240)).resize((100, 100), LANCZOS)
    case("cover, northwest", source, north_west, "w=100&h=100&fit=cover&pos=northwest&f=png", 16, 0.6,
         {"resize": {"width": 100, "height": 100, "position": "northwest"}})
    contain = ImageOps.pad(rgb, (120, 120), LANCZOS, color=(10, 200, 30))
    case("contain", source, contain, "w=120&h=120&fit=contain&bg=0ac81e&f=png", 16, 0.6,
         {"resize": {"width": 120, "height": 120, "fit": "contain", "background": "#0ac81e"}})
    alpha = rgb.copy()
    alpha.putalpha(Image.radial_gradient("L").resize(rgb.size))
    box = (180, 120)
    ground = Image.new("RGBA", box, (10, 200, 30, 255))
    laid = Image.alpha_composite(ground, alpha.resize(box, LANCZOS)).convert("RGB")
    case("alpha on a ground, as JPEG", write(alpha, "png"), laid, "w=180&f=jpeg&q=100&bg=0ac81e", 80, 2.0,
         {"resize": {"width": 180}, "flatten": {"background": "#0ac81e"}})


for make in (channels, jpegs, orientations, colours, fits):
    make()
(FOLDER / "cases.json").write_text(json.dumps(cases))
