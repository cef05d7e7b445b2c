"""ministack with four things that it lacks: `stand_in.py SITE_PACKAGES`.

It translates SAM where the translator is installed, and that is in the folder of the linters: looked at last, so that ministack
keeps its own libraries. And it has no service integration of API Gateway with S3: here is one, which does what the deployed method
says (its URI, the parameters it maps, the answers it selects) and nothing else. Routing, authorisation and keys are ministack's.
Its CloudFront Functions can't import CloudFront's module: here they get one with a key-value store that can't be read, and without
the choice of another origin, which it does not model. And it speaks plain HTTP, which buckets and queues refuse here, so it is told that a proxy has ended TLS, unless the client says otherwise.
It ends when its standard input does, and so also when the test is killed.
"""

import asyncio
import os
import sys
import threading
from functools import cache

threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
sys.path += sys.argv[1:]

import botocore.session  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402
import ministack.app as server  # noqa: E402
from ministack.core import cloudfront_js  # noqa: E402
from ministack.services import apigateway_v1 as gateway  # noqa: E402

if hasattr(gateway, "_invoke_s3_v1"):
    sys.exit("ministack has S3 integrations of its own now: drive those and remove ours from tests/it/cloudfront/stand_in.py")

others = gateway._invoke_lambda_custom_v1


@cache
def s3(region):
    endpoint = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return botocore.session.get_session().create_client("s3", region, endpoint_url=endpoint, **keys)


def mapped(integration, headers, path_params):
    """The integration's own parameters, by place: of the path and of the headers."""
    given = {f"method.request.path.{name}": value for name, value in (path_params or {}).items()}
    given |= {f"method.request.header.{name.lower()}": value for name, value in headers.items()}
    result = {"path": {}, "header": {}}
    for to, source in (integration.get("requestParameters") or {}).items():
        _, _, place, name = to.split(".", 3)
        value = given.get(source) or given.get(source.lower())
        if value is not None:
            result[place][name] = value
    return result["path"], result["header"]


def put(region, bucket, key, body, headers):
    extra = {"ContentType": headers["Content-Type"]} if "Content-Type" in headers else {}
    try:
        return 200, {"ETag": s3(region).put_object(Bucket=bucket, Key=key, Body=body, **extra)["ETag"]}, b""
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], {}, str(error).encode()


async def invoke(integration, *args, **kwargs):
    spec = gateway._parse_service_integration_uri(integration.get("uri", ""))
    if not spec or spec[1:3] != ("s3", "path"):
        return await others(integration, *args, **kwargs)
    _api, _stage_name, _stage, _resource, _path, _method, headers, body, _query, path_params = args
    if integration.get("httpMethod") != "PUT":
        return 500, {}, b"only PUT is known here"
    in_path, in_headers = mapped(integration, headers, path_params)
    bucket, _, key = spec[3].partition("/")
    for name, value in in_path.items():
        key = key.replace(f"{{{name}}}", value)
    status, answered, words = await asyncio.to_thread(put, spec[0], bucket, key, body or b"", in_headers)
    selected = gateway._select_service_integration_response(integration, status)
    if selected is None:
        return 500, {"Content-Type": "application/json"}, b'{"message": "Internal server error"}'
    shown = {}
    for to, source in (selected.get("responseParameters") or {}).items():
        value = answered.get(source.removeprefix("integration.response.header."))
        if value is not None:
            shown[to.removeprefix("method.response.header.")] = value
    return int(selected["statusCode"]), shown, words


IMPORT = b"import cf from 'cloudfront';"
MODULE = b"""const cf = {
  kvs: () => ({ get: async () => { throw new Error('no store here') } }),
  selectRequestOriginById: () => { throw new Error('one origin only') },
};"""
evaluate = cloudfront_js.evaluate
cloudfront_js.evaluate = lambda code, event: evaluate(code.replace(IMPORT, MODULE, 1), event)

served = server.app


async def behind_tls(scope, receive, send):
    if scope["type"] == "http" and not any(name == b"x-forwarded-proto" for name, _ in scope["headers"]):
        scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
    await served(scope, receive, send)


server.app = behind_tls
gateway._invoke_lambda_custom_v1 = invoke
sys.argv = sys.argv[:1]
server.main()
