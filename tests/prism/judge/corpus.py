"""The specs of the corpus, by the table of its README.md."""
import dataclasses
import os
import pathlib

FOLDER = pathlib.Path(os.environ["MCPGEN_CORPUS"]).resolve()  # as Prism names it in its messages
# Few seconds each, and between them: all three versions of OpenAPI that Prism loads, forms, multipart, styles, security.
SAMPLE = [
    "fx-learn-openapis-org-examples-v3-1-tictactoe-json",
    "fx-oapi-codegen-internal-test-servers-strict-strict-schema-yaml",
    "fx-openapi-python-client-end-to-end-tests-baseline-openapi-3-0-json",
    "alertmanager-api-v2-openapi",
    "petstore-src-main-resources-openapi",
    "scalar-latest",
    "sendgrid-spec-yaml-tsg-mc-contacts-v3",
]


@dataclasses.dataclass(frozen=True)
class Spec:
    name: str
    file: pathlib.Path
    bytes: int

    @property
    def folder(self):
        """All files of a spec lie below it, also those beside the folder of the first."""
        return FOLDER / self.name


def specs():
    """All of them, the small ones first."""
    found = []
    for line in (FOLDER / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        # A word of the last column may hold a bar.
        if len(cells) >= 10 and cells[0] and (FOLDER / cells[0]).is_dir():
            found.append(Spec(cells[0], FOLDER / cells[0] / cells[1], int(cells[6])))
    return sorted(found, key=lambda spec: spec.bytes)


def chosen(names, is_sample):
    wanted = SAMPLE if is_sample else names
    if not wanted:
        return specs()
    found = [spec for spec in specs() if any(name in spec.name for name in wanted)]
    if not found:
        raise SystemExit(f"no spec of the corpus is called {', '.join(wanted)}")
    return found
