#!/usr/bin/env python3
"""Write the template as it is deployed: `build-template.py TEMPLATE FUNCTION.js OUT [ARCHITECTURE [SALT]]`.

The text of the CloudFront Function takes the place of its file's name, the API's deployment gets a name that changes whenever the
template or the salt (the parameters) does, and the zips for arm64 are taken from their own folder.
"""

import hashlib
import sys

FUNCTION_LINE = "      FunctionCode: viewer-request.js\n"
FUNCTION_BYTES_MAX = 10_240
DEPLOYMENT = "UploadDeployment"
ZIPS = ["upload.zip", "http.zip"]


def fail(words):
    sys.exit(f"build-template: {words}")


def main(template, function, out, architecture="x86_64", salt=""):
    with open(template, encoding="utf-8") as file:
        text = file.read()
    with open(function, encoding="utf-8") as file:
        code = file.read().strip() + "\n"
    size = len(code.encode())
    if size > FUNCTION_BYTES_MAX:
        fail(f"{function} has {size} bytes, and CloudFront takes functions of at most {FUNCTION_BYTES_MAX}.")
    if text.count(FUNCTION_LINE) != 1:
        fail(f"{template} does not say once where the text of viewer-request.js goes.")

    block = "".join(f"        {line}".rstrip() + "\n" for line in code.splitlines())
    text = text.replace(FUNCTION_LINE, f"      FunctionCode: |\n{block}")
    name = hashlib.sha256((text + salt).encode()).hexdigest()[:8]
    text = text.replace(DEPLOYMENT, DEPLOYMENT + name)
    if architecture == "arm64":
        for zip_file in ZIPS:
            text = text.replace(f"CodeUri: {zip_file}", f"CodeUri: arm64/{zip_file}")
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
