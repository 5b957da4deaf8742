"""Where everything lies. Nothing here does any work."""
import os
import pathlib

BENCHES = pathlib.Path(__file__).resolve().parent.parent
REPOSITORY = BENCHES.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target").resolve()
MCPGEN = TARGET / "release" / "mcpgen"
RESULTS = BENCHES / "RESULTS.md"

WORK = TARGET / "bench"          # everything below is made by setup.py and may be deleted
HARNESS = WORK / "harness"       # target directory of harness/
SPECS = WORK / "specs"           # the documents and the references' tool tables
PEERS = WORK / "peers"
CRATES = WORK / "crates"         # target directory of the generated crates
COLD = WORK / "cold"             # a target directory for what is compiled from nothing
LOGS = WORK / "logs"
GROWTH = WORK / "growth"         # the documents of growing size
RAW = WORK / "results"           # every record of every run, as JSON lines

PETSTORE = BENCHES / "petstore.yaml"
GITHUB = SPECS / "github.json"


def harness(program):
    return HARNESS / "release" / program


def tools(spec):
    """The references' tool table of a document."""
    return SPECS / f"{spec}.tools.json"


def as_json(spec):
    """The document for servers that read no YAML."""
    return SPECS / f"{spec}.json"


def source(spec):
    """The document for servers that read YAML."""
    return PETSTORE if spec == "petstore" else as_json(spec)


def crate(name):
    """The generated crate of that name, as mcpgen wrote it."""
    return WORK / name


def crate_binary(name):
    return CRATES / "release" / f"{name}-mcp"
