#!/usr/bin/env python3
"""Write a zip whose bytes depend on its contents alone: `zip.py OUT.zip NAME=FILE …`.

Every entry has the time of 1980 and is readable and executable by all, which Lambda wants of a bootstrap and takes of the rest.
"""

import sys
import zipfile

EPOCH = (1980, 1, 1, 0, 0, 0)
REGULAR_FILE = 0o100000


def main(out, *entries):
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for entry in entries:
            name, file = entry.split("=", 1)
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system = 3  # Unix: the mode below counts
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (REGULAR_FILE | 0o755) << 16
            with open(file, "rb") as source:
                archive.writestr(info, source.read(), compresslevel=9)


if __name__ == "__main__":
    main(*sys.argv[1:])
