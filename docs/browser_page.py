"""Builds the page that runs the network in the browser, `try/index.html`.

The page's own files lie in `docs/try/`. To them come LiteRT.js from npm,
modules of the page of `rmdn view`, the default model and a made-up video, all
kept in `build/browser_page/`. Where npm or TensorFlow is missing, the
documentation is built without the page, and says so. To build the page alone:

    python docs/browser_page.py
"""

import hashlib
import importlib.util
import json
import logging
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCE = ROOT / "docs" / "try"
VIEW = ROOT / "rmdn_tf" / "applications" / "view" / "page"
CACHE = ROOT / "build" / "browser_page"

PRECISION = "float16"  # Half of the bytes; see docs/browser.md.

# What decides what the file of the model holds.
MODEL = ("default_model/*", "encoders/*.py", "model/*.py", "runtimes/*.py")

# Two programs: browsers without relaxed SIMD load the second one.
PROGRAMS = ("litert_wasm_internal", "litert_wasm_compat_internal")

IMPORT = re.compile(r'(?<=from ")\./(?:view/)?([\w.]+)(?=")')

NOT_BUILT = """!!! note

    This build of the documentation lacks the page: {reason}. `make docs` builds
    it where Node.js with npm, and the package, are installed."""
OPEN = re.compile("<!-- open -->.*?<!-- /open -->", re.DOTALL)

log = logging.getLogger(f"mkdocs.hooks.{__name__}")


def on_files(files, config):
    from mkdocs.structure.files import File

    folder = CACHE / "site"
    reason = build_or_reason(folder)
    config.extra["browser_page_lacks"] = reason
    own = {file.src_uri for file in files if file.src_uri.startswith("try/")}
    for name in own:
        if reason or name.endswith(".json"):
            files.remove(files.get_file_from_path(name))
    if reason:
        log.info("Without the page try/index.html: %s.", reason)
        return
    for path in sorted(folder.rglob("*")):
        name = f"try/{path.relative_to(folder).as_posix()}"
        if path.is_file() and name not in own:
            files.append(File.generated(config, name, abs_src_path=str(path)))


def on_page_markdown(markdown, page, config, files):
    reason = config.extra["browser_page_lacks"]
    if reason and page.file.src_uri == "browser.md":
        return OPEN.sub(NOT_BUILT.format(reason=reason), markdown)
    return markdown


def build_or_reason(
    folder: pathlib.Path, model: pathlib.Path | None = None
) -> str:
    """Builds the page, or says why it cannot be built; see `build`."""
    if not shutil.which("npm"):
        return "npm is not installed"
    if not importlib.util.find_spec("tensorflow"):
        return "TensorFlow is not installed"
    try:
        _npm_packages()
    except RuntimeError as error:
        log.info("%s", error)
        return "npm could not install LiteRT.js"
    build(folder, model)
    return ""


def build(
    folder: pathlib.Path, model: pathlib.Path | None = None
) -> pathlib.Path:
    """Puts the page together, for any static host.

    Args:
        folder: where the page goes; removed before.
        model: a file of LiteRT; None for the default model.

    Returns:
        The folder.
    """
    shutil.rmtree(folder, ignore_errors=True)
    own = shutil.ignore_patterns("package*.json")
    shutil.copytree(SOURCE, folder, ignore=own)
    for name in ("LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, folder)
    _copy_view(folder)
    _copy_litert(_npm_packages() / "@litertjs", folder / "litert")
    shutil.copy(model or _default_model(), folder / "model.tflite")
    shutil.copy(_sample(), folder / "sample.mp4")
    _describe(folder)
    return folder


def _copy_view(folder: pathlib.Path) -> None:
    """Copies the modules of `rmdn view` that the page imports."""
    (folder / "view").mkdir()
    for name in ("style.css", "icon.svg"):
        shutil.copy(VIEW / name, folder / "view")
    wanted = [
        name
        for path in folder.glob("*.js")
        for name in IMPORT.findall(path.read_text())
        if (VIEW / name).exists() and not (SOURCE / name).exists()
    ]
    while wanted:
        name = wanted.pop()
        if not (folder / "view" / name).exists():
            shutil.copy(VIEW / name, folder / "view")
            wanted += IMPORT.findall((VIEW / name).read_text())


def _npm_packages() -> pathlib.Path:
    """Installs what `package-lock.json` names; gives the folder."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    folder = CACHE / f"npm-{_short(lock)}"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for path in SOURCE.glob("package*.json"):
            shutil.copy(path, folder)
        _run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder
        )
        (folder / "installed").touch()
    return folder / "node_modules"


def _copy_litert(packages: pathlib.Path, folder: pathlib.Path) -> None:
    folder.mkdir()
    code = (packages / "core/dist/index.js").read_text()
    # A worker has no import map.
    code = code.replace('"@litertjs/wasm-utils"', '"./wasm_utils.js"')
    code = re.sub(r"\n//# sourceMappingURL=.*", "", code)
    (folder / "core.js").write_text(code)
    code = (packages / "wasm-utils/dist/index.js").read_text()
    code = re.sub(r"\n//# sourceMappingURL=.*", "", code)
    (folder / "wasm_utils.js").write_text(code)
    for name in PROGRAMS:
        for suffix in (".js", ".wasm"):
            shutil.copyfile(
                packages / "core/wasm" / (name + suffix),
                folder / (name + suffix),
            )


def _default_model() -> pathlib.Path:
    """Exports the default model, unless it is here already."""
    package = ROOT / "rmdn_tf"
    content = b"".join(
        path.read_bytes()
        for pattern in MODEL
        for path in sorted(package.glob(pattern))
    )
    path = CACHE / f"model-{_short(content)}-{PRECISION}.tflite"
    if not path.exists():
        command = [sys.executable, "-m", "rmdn_tf.export", "--format", "litert"]
        command += ["--precision", PRECISION, "--output", str(path)]
        path.parent.mkdir(parents=True, exist_ok=True)
        _run(command, ROOT)
    return path


def _sample() -> pathlib.Path:
    """Makes the video of the button "Try the sample"."""
    path = CACHE / "sample.mp4"
    if not path.exists():
        module = "tfrecords_tools.demo_video"
        _run([sys.executable, "-m", module, str(path)], ROOT)
    return path


def _describe(folder: pathlib.Path) -> None:
    """Writes what the page must know before it downloads the network."""
    path = ROOT / "rmdn_tf" / "default_model" / "model.json"
    settings = json.loads(path.read_text())
    names = [f"litert/{name}.wasm" for name in PROGRAMS] + ["model.tflite"]
    described = {
        "rate": settings["frames_per_second"],
        "bytes": {name: (folder / name).stat().st_size for name in names},
    }
    (folder / "files.json").write_text(json.dumps(described))


def _run(command: list[str], folder: pathlib.Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


if __name__ == "__main__":
    print(build(CACHE / "site"))
