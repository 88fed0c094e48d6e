"""The house rules that a machine can check; each test says its rule, setup.cfg holds the rest.

Everything is read from the tree as it is: a feature added tomorrow is checked without a change
here. A *feature* is a folder of `ecard` with a service.py or a views.py.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("biometrics", "uploads", "ecard")

VIEW_LINES = 10
FUNCTION_LINES = 40
JUDGE_DOORS = {"verifier", "types", "errors", "challenge"}  # all that ecard may know of biometrics
SIMULATES = "ecard/demo/"  # plays the phone with the bench's simulator; nothing else imports it
FEATURE_DOORS = {"service", "port", "errors", "policy", "kept"}  # verbs, refusals, rules, own data
JOINT_TESTS = {"fakes", "support", "gates", "flow", "operations", "api", "security"}
NAMES_THAT_SAY_NOTHING = re.compile(r"^(utils?|helpers?|managers?|misc|common|stuff)$")
PICTURES_AND_WEIGHTS = re.compile(
    r"\.(jpe?g|png|heic|heif|webp|gif|tiff?|bmp|mp4|mov|webm|y4m|mjpeg"
    r"|onnx|pth?|dat|npz|npy|pkl|bin|safetensors|h5)$",
    re.IGNORECASE,
)
DRAWN_PICTURES: frozenset[str] = frozenset()  # rasters that a program drew; none shows a person
BINARY_BY_NATURE = {".mo"}  # compiled translations


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file."""
    return tuple(ast.walk(parsed(path)))


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def product() -> list[Path]:
    return sources(*PACKAGES)


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> frozenset[str]:
    return frozenset(module_name(path) for path in product())


def features() -> set[str]:
    folders = (path for path in (ROOT / "ecard").iterdir() if path.is_dir())
    return {f.name for f in folders if (f / "service.py").exists() or (f / "views.py").exists()}


def nodes_at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those that only a type checker sees (`if TYPE_CHECKING:`)."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from nodes_at_run_time(child)


@cache
def imports(path: Path) -> frozenset[str]:
    """Modules of ours that a file imports, as precise as the statement is."""
    found: set[str] = set()
    for node in nodes_at_run_time(parsed(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            deeper = {f"{node.module}.{alias.name}" for alias in node.names}
            inner = deeper & modules()
            found.update(inner)
            if len(inner) < len(deeper):
                found.add(node.module)
    return frozenset(name for name in found if name.split(".")[0] in PACKAGES)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body; the docstring does not count."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def too_long(paths: list[Path], most: int) -> list[str]:
    return [
        f"{short(path)}:{function.lineno} {function.name}: {body_lines(function)} lines"
        for path in paths
        for function in functions(path)
        if body_lines(function) > most
    ]


# ------------------------------------------------------------------ who may import whom


def test_import_contracts_of_setup_cfg_stand() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [linter, "--config", "setup.cfg", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_feature_enters_another_only_through_its_service() -> None:
    wrong = []
    for path in (path for name in features() for path in sources(f"ecard/{name}")):
        own = module_name(path).split(".")[1]
        for target in imports(path):
            root, _, rest = target.partition(".")
            other, _, inside = rest.partition(".")
            if root == "ecard" and other in features() - {own} and inside not in FEATURE_DOORS:
                wrong.append(f"{short(path)} imports {target}")
    assert not wrong, wrong


def test_no_feature_imports_the_place_where_all_are_joined() -> None:
    joints = {"ecard.app", "ecard.commands", "ecard.migrations"}
    within = [path for name in features() for path in sources(f"ecard/{name}")]
    wrong = [f"{short(p)} imports {j}" for p in within for j in joints if j in imports(p)]
    assert not wrong, wrong


def test_a_terminals_verifier_knows_of_the_backend_only_the_format_of_a_token() -> None:
    allowed = {"ecard.verifier", "ecard.verifier.used", "ecard.qr.tokens"}
    wrong = {
        short(path): imports(path) - allowed
        for path in [*sources("ecard/verifier"), ROOT / "ecard/qr/tokens.py"]
        if not imports(path) <= allowed
    }
    assert not wrong, wrong
    assert not imports(ROOT / "ecard/qr/tokens.py")
    assert not (ROOT / "ecard/qr/__init__.py").read_text()


def test_the_backend_knows_of_faces_only_the_verifier_challenge_types_and_errors() -> None:
    wrong = [
        f"{short(path)} imports {target}"
        for path in sources("ecard")
        if not short(path).startswith(SIMULATES)
        for target in imports(path)
        if target.startswith("biometrics.") and target.split(".")[1] not in JUDGE_DOORS
    ]
    assert not wrong, wrong


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {module_name(path): imports(path) & modules() for path in product()}
    settled: set[str] = set()

    def circle(name: str, trail: tuple[str, ...]) -> tuple[str, ...]:
        if name in trail:
            return (*trail[trail.index(name) :], name)
        if name in settled:
            return ()
        found = next(filter(None, (circle(n, (*trail, name)) for n in sorted(graph[name]))), ())
        settled.add(name)
        return found

    circles = [" → ".join(found) for name in sorted(graph) if (found := circle(name, ()))]
    assert not circles, circles


def test_policies_read_no_clock() -> None:
    wrong = [
        f"{short(path)}:{node.lineno} {ast.unparse(node)}"
        for path in (ROOT / "ecard").glob("*/policy.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today", "time", "monotonic"}
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "time"}
    ]
    assert not wrong, wrong


# ------------------------------------------------------------------ small and plain


def test_views_are_a_declaration_and_one_call() -> None:
    views = sorted((ROOT / "ecard").rglob("views.py"))
    assert not (wrong := too_long(views, VIEW_LINES)), wrong


def test_no_function_is_longer_than_a_screen() -> None:
    paths = [path for path in product() if "migrations" not in path.parts]
    paths += sources("tests", "packaging")
    assert not (wrong := too_long(paths, FUNCTION_LINES)), wrong


def test_no_file_bears_a_name_that_says_nothing() -> None:
    everything = [*product(), *sources("tests")]
    wrong = [short(p) for p in everything if NAMES_THAT_SAY_NOTHING.match(p.stem)]
    wrong += [short(p) for p in everything if NAMES_THAT_SAY_NOTHING.match(p.parent.name)]
    assert not wrong, wrong


def test_errors_are_caught_by_name_except_at_a_marked_boundary() -> None:
    wrong = []
    for path in [*product(), *sources("tests")]:
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in nodes(path):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = ast.unparse(node.type) if node.type else "everything"
            catch_all = re.search(r"\b(everything|Exception|BaseException)\b", caught)
            if catch_all and "# boundary:" not in lines[node.lineno - 1]:
                wrong.append(f"{short(path)}:{node.lineno} catches {caught}")
    assert not wrong, wrong


# ------------------------------------------------------------------ tests


def test_folders_of_tests_mirror_the_tree() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in sources("tests")}
    homes = [ROOT, ROOT / "ecard"]
    wrong = [
        f"tests/{folder.as_posix()}"
        for folder in folders
        if folder.parts
        and folder.parts[0] not in JOINT_TESTS
        and not any((home / folder).is_dir() for home in homes)
    ]
    assert not wrong, wrong


def test_tests_are_sentences_and_replace_nothing_of_ours() -> None:
    wrong = [
        f"{short(path)}:{node.lineno}: {node.name} is no sentence"
        for path in sources("tests")
        for node in functions(path)
        if node.name.startswith("test_") and node.name.count("_") < 3
    ]
    for path, node in ((one, node) for one in sources("tests") for node in nodes(one)):
        if isinstance(node, ast.Import | ast.ImportFrom) and "mock" in ast.unparse(node):
            wrong.append(f"{short(path)}:{node.lineno}: {ast.unparse(node)}")
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "monkeypatch.setattr":
            wrong.append(f"{short(path)}:{node.lineno}: patches; pass the collaborator in")
    assert not wrong, wrong


# ------------------------------------------------------------------ nothing of a person in here


def kept_files() -> list[Path]:
    """What git holds or would take: neither ignored files nor the environment."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    paths = (ROOT / name.decode() for name in listed.split(b"\0") if name)
    return sorted(path for path in paths if path.is_file())


def test_no_picture_and_no_network_is_kept_here() -> None:
    wrong = []
    for path in kept_files():
        name, start = short(path), path.read_bytes()[:8192]
        if name in DRAWN_PICTURES or path.suffix in BINARY_BY_NATURE:
            continue
        if PICTURES_AND_WEIGHTS.search(name) or b"\0" in start:
            wrong.append(name)
    assert not wrong, wrong


def test_no_picture_hides_inside_a_text() -> None:
    hidden = re.compile(rb"data:image/(jpe?g|png|webp|gif)|[A-Za-z0-9+/]{4000,}")
    wrong = [short(path) for path in kept_files() if hidden.search(path.read_bytes())]
    assert not wrong, wrong
