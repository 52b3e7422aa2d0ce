"""The published descriptions agree with the code and with each other.

docs/openapi.yaml is a valid OpenAPI document whose examples fit its schemas; it, docs/API.md and the table in
src/rejection.rs name the same errors with the same statuses; the JSON in docs/API.md is JSON, and every request in it
fits the published schema.
"""

import json
import re
from http import HTTPStatus
from pathlib import Path

import jsonschema
import pytest
import regex
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OPENAPI = DOCS / "openapi.yaml"
OPENAPI_URI = OPENAPI.as_uri()

# Returned by a direct invocation of the function that answers links, so it is no answer of an HTTP operation.
NOT_OVER_HTTP = {("UnsupportedEvent", 400)}


def pattern(_validator, expression, instance, _schema):
    """Patterns as ECMA-262 reads them: `re` has no \\p{L}."""
    if isinstance(instance, str) and not regex.search(expression, instance):
        yield jsonschema.ValidationError(f"does not match {expression!r}")


Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": pattern})


def document():
    return yaml.safe_load(OPENAPI.read_text())


def errors_in_code():
    """(code, status) of each row of the table in src/rejection.rs."""
    source = (ROOT / "src/rejection.rs").read_text()
    table = re.search(r"fn row\(&self\) -> Row \{(.*?)\n    \}\n", source, re.DOTALL).group(1)
    rows = re.findall(r'Rejection::\w+(?:\([_.]+\)| \{ \.\. \})?\s*=>\s*\{?\s*\("(\w+)",\s*StatusCode::(\w+)\)', table)
    assert len(rows) == table.count("=>"), "a row of the table was not understood"
    return {(code, HTTPStatus[status].value) for code, status in rows}


def errors_in_api_md():
    """(code, status) of each row of the two tables of errors in docs/API.md."""
    text = (DOCS / "API.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", text, re.MULTILINE)
    assert len(rows) == len(re.findall(r"^\| `[A-Z]\w+` \|", text, re.MULTILINE)), "a row without a status"
    return {(code, int(status)) for code, status in rows}


def resolved(node, spec):
    while "$ref" in node:
        assert node["$ref"].startswith("#/"), node
        target = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def json_media_types(spec):
    """(where, media type) of everything in an operation that is JSON."""
    for path, item in spec["paths"].items():
        for method in ("get", "head", "post"):
            operation = item.get(method, {})
            body = operation.get("requestBody", {}).get("content", {})
            for kind, media in body.items():
                yield f"{method} {path} {kind}", media
            for status, response in operation.get("responses", {}).items():
                media = resolved(response, spec).get("content", {}).get("application/json")
                if media is not None:
                    yield f"{method} {path} {status}", media


def errors_in_openapi(spec):
    """(code, status) of each example of an error, over all operations."""
    found = set()
    for where, media in json_media_types(spec):
        status = where.split()[-1]
        # What a page sends has no example: its nonce would be none.
        for example in media.get("examples", {}).values():
            if status.isdigit() and int(status) >= 400:
                found.add((example["value"]["error"], int(status)))
    return found


def validator(schema_uri, pointer):
    """A validator for a part of a file; references are only looked up in docs."""

    def from_docs(uri):
        path = Path(uri.removeprefix("file://"))
        assert path.is_relative_to(DOCS), uri
        content = yaml.safe_load(path.read_text())
        content.pop("$schema", None)  # would bring the validator of the library back
        return Resource.from_contents(content, default_specification=DRAFT202012)

    reference = {"$ref": schema_uri + pointer}
    return Validator(reference, registry=Registry(retrieve=from_docs))


def pointer_to(*parts):
    return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)


def fenced_json():
    text = (DOCS / "API.md").read_text()
    return re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def requests_in(value):
    """Every request to create in a JSON value of the documentation."""
    if isinstance(value, dict):
        if {"token", "actions"} <= value.keys():
            yield value
        for inner in value.values():
            yield from requests_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from requests_in(inner)


def test_openapi_is_valid():
    errors = list(OpenAPIV31SpecValidator(document(), base_uri=OPENAPI_URI).iter_errors())
    assert errors == []


def test_the_request_schema_is_found_and_valid():
    media = document()["paths"]["/urls"]["post"]["requestBody"]["content"]["application/json"]
    schema = json.loads((DOCS / media["schema"]["$ref"]).read_text())
    # Without formats: this library would read patterns as `re` does.
    jsonschema.Draft202012Validator.check_schema(schema, format_checker=jsonschema.FormatChecker(formats=()))
    assert schema["title"] == "A request to CreateUrls"


def test_every_example_fits_its_schema():
    spec = document()
    checked = 0
    for path, item in spec["paths"].items():
        for method in ("get", "post"):
            if method not in item:
                continue
            operation = item[method]
            places = [(("requestBody",), operation["requestBody"])] if "requestBody" in operation else []
            places += [(("responses", status), response) for status, response in operation["responses"].items()]
            for place, node in places:
                reference = node.get("$ref")
                for kind, media in resolved(node, spec).get("content", {}).items():
                    base = reference or pointer_to("paths", path, method, *place)
                    pointer = base + pointer_to("content", kind, "schema").removeprefix("#")
                    for name, example in media.get("examples", {}).items():
                        faults = list(validator(OPENAPI_URI, pointer).iter_errors(example["value"]))
                        assert faults == [], f"{method} {path} {place} {name}"
                        checked += 1
    assert checked >= 40


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("CreateError", {"error": "InvalidDate", "message": "no transaction"}),
        ("CreateError", {"error": "InvalidJSON", "message": "one too many", "transaction_id": "ab" * 16}),
        ("CreateError", {"error": "Unheard", "message": "of", "transaction_id": "ab" * 16}),
        ("RespondError", {"error": "ServiceUnavailable", "message": "no outcome"}),
        ("RespondError", {"error": "InvalidPayload", "message": "one too many", "outcome": "unknown"}),
        ("Done", {"transaction_id": "ab" * 16, "action": {"name": "a", "type": "success"}, "confirmed": True}),
    ],
)
def test_other_bodies_do_not_fit(name, body):
    assert not validator(OPENAPI_URI, pointer_to("components", "schemas", name)).is_valid(body)


def test_the_same_errors_everywhere():
    in_code, spec = errors_in_code(), document()
    assert errors_in_api_md() == in_code
    assert errors_in_openapi(spec) == in_code - NOT_OVER_HTTP
    enumerated = spec["components"]["schemas"]["ErrorCode"]["enum"]
    assert sorted(enumerated) == enumerated == sorted({code for code, _ in in_code})


def test_json_in_api_md_is_json():
    blocks = fenced_json()
    assert len(blocks) >= 10
    for block in blocks:
        json.loads(block)


def test_requests_in_api_md_fit_the_schema():
    schema = json.loads((DOCS / "schema/create-urls.schema.json").read_text())
    requests = [request for block in fenced_json() for request in requests_in(json.loads(block))]
    assert len(requests) >= 3
    for request in requests:
        assert list(Validator(schema).iter_errors(request)) == []
