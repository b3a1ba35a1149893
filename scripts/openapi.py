"""Write web/openapi.json from the server's routes and models.

python scripts/openapi.py            writes the file
python scripts/openapi.py --check    writes nothing; exits with 1 when the file is stale
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from eventide.model import Changes
from eventide.server import schema
from eventide.server.app import make_api

if TYPE_CHECKING:
    from eventide.source import Source

TARGET = Path(__file__).parents[1] / "web" / "openapi.json"


class _Nothing:
    """A source that has nothing: the routes are only described."""

    def changes(self, cursor: str = "") -> Changes:
        """Return that nothing has changed."""
        return Changes(cursor, ())


def content() -> str:
    """Return the file's text: the routes, and every model, also those that only the WebSocket sends."""
    found = described()
    found["info"]["version"] = "1"  # of the interface: the file does not change with every release
    found["components"]["schemas"] = dict(sorted({**_models(), **found["components"]["schemas"]}.items()))
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def described() -> dict[str, Any]:
    """Return the routes as OpenAPI."""
    return make_api(cast("Source", _Nothing())).openapi()


def _models() -> dict[str, Any]:
    kinds = [kind for kind in vars(schema).values() if inspect.isclass(kind) and issubclass(kind, BaseModel)]
    own = [
        kind
        for kind in kinds
        if kind.__module__.startswith(schema.__name__) and kind not in (schema.Model, schema.Body)
    ]
    _, described = models_json_schema(
        [(kind, "serialization") for kind in own], ref_template="#/components/schemas/{model}"
    )
    return cast("dict[str, Any]", described["$defs"])


def main() -> int:
    """Write the file, or check it."""
    parser = argparse.ArgumentParser(description="Write web/openapi.json from the server's routes and models.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is stale")
    text = content()
    if parser.parse_args().check:
        stale = not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != text
        print("stale: web/openapi.json, run `python scripts/openapi.py`" if stale else "web/openapi.json is fresh")
        return int(stale)
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
