"""ImageKit's Python client as published: each line of the input is one call, and each line of the output what it answered."""

import base64
import functools
import json
import sys

from imagekitio import APIStatusError, ImageKit, Omit


def answered(raw):
    return {"status": raw.status_code, "headers": dict(raw.headers), "body": json.loads(raw.text() or "null")}


def refused(error):
    return {
        "status": error.status_code,
        "headers": dict(error.response.headers),
        "body": error.body,
        "raised": type(error).__name__,
    }


@functools.cache
def client_at(url, private_key):
    return ImageKit(base_url=url, private_key=private_key, max_retries=0)


def call(client, name, arguments, anonymous):
    if name == "authentication_parameters":
        return client.helper.get_authentication_parameters(**arguments)
    raw = client.with_raw_response
    calls = {
        "upload": lambda file, **fields: raw.files.upload(file=base64.b64decode(file), **fields),
        "list": raw.assets.list,
        "details": raw.files.get,
        "remove": raw.files.delete,
        "remove_many": raw.files.bulk.delete,
    }
    headers = {"extra_headers": {"Authorization": Omit()}} if anonymous else {}
    try:
        return answered(calls[name](**arguments, **headers))
    except APIStatusError as error:
        return refused(error)


for line in sys.stdin:
    asked = json.loads(line)
    client = client_at(asked["url"], asked["privateKey"])
    print(json.dumps(call(client, asked["call"], asked["arguments"], asked["anonymous"])), flush=True)
