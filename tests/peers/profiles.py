"""ICC profiles, written here: no foreign profile is in the repository."""

import struct

D50 = (0.9642, 1.0, 0.8249)
BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))


def multiply(matrix, vector):
    return tuple(sum(a * b for a, b in zip(row, vector)) for row in matrix)


def inverse(m):
    (a, b, c), (d, e, f), (g, h, i) = m
    det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (
        ((e * i - f * h) / det, (c * h - b * i) / det, (b * f - c * e) / det),
        ((f * g - d * i) / det, (a * i - c * g) / det, (c * d - a * f) / det),
        ((d * h - e * g) / det, (b * g - a * h) / det, (a * e - b * d) / det),
    )


def to_d50(white, colour):
    """Bradford's adaptation of an XYZ colour from a white to the one of profiles."""
    seen, wanted = multiply(BRADFORD, white), multiply(BRADFORD, D50)
    cone = (c * w / s for c, w, s in zip(multiply(BRADFORD, colour), wanted, seen))
    return multiply(inverse(BRADFORD), tuple(cone))


def fixed(value):
    return struct.pack(">i", round(value * 65536))


def xyz(colour):
    return b"XYZ \0\0\0\0" + b"".join(map(fixed, colour))


def gamma_curve(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def srgb_curve():
    def linear(x):
        return x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4

    values = [round(linear(i / 1023) * 65535) for i in range(1024)]
    return b"curv\0\0\0\0" + struct.pack(">I1024H", 1024, *values)


def profile(kind, colours, connection, tags):
    tags = {
        "desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78),
        "cprt": b"text\0\0\0\0none\0",
        "wtpt": xyz(D50),
    } | tags
    table, data, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        value += bytes(-len(value) % 4)
        table += name.encode() + struct.pack(">II", at, len(value))
        data, at = data + value, at + len(value)
    head = struct.pack(">I4sI4s4s4s", at, b"none", 0x02400000, kind, colours, connection)
    head += struct.pack(">6H4sI", 2026, 1, 1, 0, 0, 0, b"acsp", 0) + bytes(24) + b"".join(map(fixed, D50))
    head += bytes(128 - len(head))
    return head + struct.pack(">I", len(tags)) + table + data


def of_primaries(primaries, white, curve):
    """A display of three primaries and a white, as xy chromaticities."""

    def to_xyz(x, y):
        return (x / y, 1.0, (1 - x - y) / y)

    columns = [to_xyz(*p) for p in primaries]
    white = to_xyz(*white)
    scale = multiply(inverse(tuple(zip(*columns))), white)
    tags = {}
    for name, column, s in zip("rgb", columns, scale):
        tags[f"{name}XYZ"] = xyz(to_d50(white, tuple(c * s for c in column)))
        tags[f"{name}TRC"] = curve
    return profile(b"mntr", b"RGB ", b"XYZ ", tags)


D65 = (0.3127, 0.3290)
DISPLAY_P3 = of_primaries([(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)], D65, srgb_curve())
ADOBE_RGB = of_primaries([(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)], D65, gamma_curve(563 / 256))
GRAY_GAMMA_18 = profile(b"mntr", b"GRAY", b"XYZ ", {"kTRC": gamma_curve(1.8)})


def lab(rgb):
    """Of linear light under D50, roughly: this press is nobody's."""
    x, y, z = multiply(((0.4361, 0.3851, 0.1431), (0.2225, 0.7169, 0.0606), (0.0139, 0.0971, 0.7141)), rgb)
    f = [t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x / D50[0], y, z / D50[2])]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def press(points=9):
    """A press whose inks are a little dull: a table from CMYK to Lab."""
    table = bytearray()
    steps = [i / (points - 1) for i in range(points)]
    for c in steps:
        for m in steps:
            for y in steps:
                for k in steps:
                    light = [(1 - 0.95 * ink) * (1 - 0.97 * k) for ink in (c, m, y)]
                    light = [light[0] * (1 - 0.1 * m), light[1] * (1 - 0.08 * c), light[2] * (1 - 0.2 * m)]
                    l, a, b = lab([v**2.0 for v in light])
                    table += bytes(max(0, min(255, round(v))) for v in (l * 2.55, a + 128, b + 128))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, points, 0]) + b"".join(map(fixed, (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    lut += bytes(range(256)) * 4 + bytes(table) + bytes(range(256)) * 3
    return profile(b"prtr", b"CMYK", b"Lab ", {name: lut for name in ("A2B0", "A2B1", "A2B2")})
