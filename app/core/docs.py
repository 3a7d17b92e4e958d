"""The docs page: Swagger UI from files of our own, so that it needs no internet."""

import json
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from app.core.http import StrictRoute, conditional_response
from app.core.http.pages import page_response

ASSETS: Final = Path(__file__).resolve().parent / "assets"
# Relative addresses, so that the page works below a path prefix too.
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Case Timeline · routes</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
<link rel="stylesheet" href="docs/assets/docs.css">
</head>
<body>
<div id="docs"></div>
<noscript>This page needs JavaScript; the same is in <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/assets/docs.js"></script>
</body>
</html>
"""

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@router.get("/docs", response_class=HTMLResponse)
def show_docs(request: Request) -> Response:
    """Show every route, with a form to try it."""
    return page_response(request, _PAGE)


@router.get("/openapi.json")
def read_openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    # Rendered each time: it is asked for once by a page, and small.
    content = json.dumps(request.app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()
    return conditional_response(request, content, media_type="application/json")


def install_docs(app: FastAPI) -> None:
    """Add the page at `/docs` and its files below it."""
    app.include_router(router)
    files = StaticFiles(directory=ASSETS, packages=[("fastapi_offline", "static")])
    app.mount("/docs/assets", files, name="docs-assets")
