"""Which files belong to a run."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from initlint.config import Config
from initlint.errors import InitlintError, nearest
from initlint.texts import NOTEBOOK, load, reason_of, text

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from initlint.notebooks import Cell

READ = (".py", ".pyw", NOTEBOOK)
MARKERS = ("pyproject.toml", ".git", "setup.py", "setup.cfg")
"""Files that mark the root of a project."""

_FROM_HERE = re.compile(r"^(!?)\./")
_PARTED_BY_BACKSLASH = re.compile(r"\\[\w.*]")
"""The separator in patterns of files."""

CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55"


class Sources(msgspec.Struct, frozen=True):
    """The files of a run by their paths under `root`, with "/", sorted.

    `files` is everything that is read, `reported` what the user named. `package` is the name of the root if it is a
    package or may be part of one. `skipped` are folders that could not be listed, each with the reason. `buffers` are
    the contents of files with unsaved changes in an editor.
    """

    root: str
    files: tuple[str, ...]
    reported: frozenset[str]
    package: str = ""
    skipped: tuple[tuple[str, str], ...] = ()
    buffers: Mapping[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """The text of a file as UTF-8: of its buffer, if it has one."""
        return text(path, self._load(path))

    def cells(self, path: str) -> tuple[Cell, ...]:
        """The cells whose texts are the text of a file; none if it is no notebook."""
        if not path.endswith(NOTEBOOK):
            return ()
        from initlint.notebooks import cells

        return cells(self._load(path))

    def _load(self, path: str) -> bytes:
        return self.buffers[path] if path in self.buffers else load(os.path.join(self.root, path))


def anchor(paths: Iterable[str]) -> str:
    """The deepest folder that contains all paths; a path that does not exist is an error."""
    folders = [_existing(path) for path in paths]
    try:
        return os.path.commonpath([full if os.path.isdir(full) else os.path.dirname(full) for full in folders])
    except ValueError as error:
        raise InitlintError("the paths lie on different drives; check them one by one") from error


def _existing(path: str) -> str:
    full = os.path.abspath(path)
    if not os.path.exists(full):
        raise InitlintError(f"there is no file or folder `{path}`{_neighbour(path)}")
    if not (os.path.isdir(full) or os.path.isfile(full)):
        raise InitlintError(f"`{path}` is neither a file nor a folder")
    return full


def _neighbour(path: str) -> str:
    """A hint at an existing path with a similar name."""
    folder, name = os.path.split(path)
    names = os.listdir(folder or ".") if os.path.isdir(folder or ".") else []
    close = nearest(name, names)
    return f"; did you mean `{os.path.join(folder, close)}`?" if close else ""


def nearest_folder(path: str) -> str:
    """The folder of a file that need not exist yet, or the part of that folder that exists."""
    full = os.path.abspath(path)
    if os.path.isdir(full):
        raise InitlintError(f"`{path}` is a folder; name the file that standard input stands for")
    folder = os.path.dirname(full)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


def discover(config: Config, buffer: bytes | None = None) -> Sources:
    """The files to report on, and every Python file of their projects.

    A `buffer` replaces the content of the one path that the configuration names.
    """
    start = anchor(config.paths) if buffer is None else nearest_folder(config.paths[0])
    root = project_root(start)
    walk = _Walk(root, config)
    named = [os.path.abspath(path) for path in config.paths]
    if config.force_exclude:
        named = [path for path in named if not walk.excludes(path)]
    folders = [path for path in named if os.path.isdir(path)]
    files = {path for path in named if not os.path.isdir(path) and not path.endswith(".pyi")}
    if not _is_marked(root) and (projects := _projects(config.paths)):
        context = set[str]().union(*map(walk.under, projects))
    elif not _too_wide(root):
        context = walk.under(root)
    else:
        context = {entry for path in sorted(files) for entry in _beside(nearest_folder(path))}
    reported = set(files)
    for folder in folders:
        inside = {path for path in context if path.startswith(os.path.join(folder, ""))}
        reported |= inside or walk.under(folder)
    return Sources(
        root=root,
        files=tuple(sorted(_relative(root, path) for path in context | reported)),
        reported=frozenset(_relative(root, path) for path in reported),
        package=_package(root),
        skipped=tuple(sorted((_relative(root, path), reason) for path, reason in walk.skipped.items())),
        buffers={} if buffer is None else {_relative(root, path): buffer for path in files},
    )


def _projects(paths: tuple[str, ...]) -> list[str]:
    """The projects of several paths, if each is in one: whatever else is in the folder above does not belong to
    them."""
    roots = {project_root(anchor([path])) for path in paths} if len(paths) > 1 else set()
    return sorted(roots) if all(map(_is_marked, roots)) else []


def _relative(root: str, path: str) -> str:
    return path[len(os.path.join(root, "")) :].replace(os.sep, "/") or "."


def project_root(start: str) -> str:
    """The nearest folder from `start` upwards with a project file; without one, the package or `start` itself.

    The search ends at folders of installed packages and at the home folder: what is above them is another project.
    """
    folder = start
    while not (_is_environment(folder) or _too_wide(folder)):
        if _is_marked(folder):
            return folder
        folder = os.path.dirname(folder)
    folder, package = start, start
    while not (_is_environment(folder) or _too_wide(folder)):
        package = folder if _is_package(folder) else package
        folder = os.path.dirname(folder)
    return package


def _is_marked(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, marker)) for marker in MARKERS)


def _is_environment(folder: str) -> bool:
    return os.path.basename(folder) in ("site-packages", "dist-packages")


def _too_wide(folder: str) -> bool:
    """The home folder, the folder for temporary files and everything above them contain more than one project."""
    return any(
        os.path.commonpath([folder, wide]) == folder
        for wide in (os.path.expanduser("~"), tempfile.gettempdir())
        if os.path.isabs(wide) and os.path.splitdrive(wide)[0] == os.path.splitdrive(folder)[0]
    )


def _is_package(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, "__init__.py"))


def _package(root: str) -> str:
    """The name by which code inside of the root may import it: a package, or part of a namespace package."""
    name = os.path.basename(root)
    return name if name.isidentifier() and (_is_package(root) or not _is_marked(root)) else ""


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or a link to one; reads the disk only for links."""
    if entry.name.endswith(READ):
        return False
    return entry.is_dir(follow_symlinks=False) or (entry.is_symlink() and os.path.isdir(entry.path))


def _beside(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        yield from [entry.path for entry in entries if entry.name.endswith(READ) and os.path.isfile(entry.path)]


class _Ignore(msgspec.Struct, frozen=True):
    """The patterns of one ignore file, relative to its folder."""

    folder: str
    lines: tuple[str, ...]
    patterns: GitIgnoreSpec

    def verdict(self, path: str) -> bool | None:
        return self.patterns.check_file(path[len(self.folder) :].replace(os.sep, "/")).include

    def inside(self, folder: str) -> _Ignore:
        """The ignore file for a folder on the walk: without patterns that match the folder itself."""
        path = os.path.join(folder, "")
        if path == self.folder or not self.verdict(path):
            return self
        return _ignore(self.folder, [line for line in self.lines if not _ignore(self.folder, [line]).verdict(path)])


class _Walk:
    """Lists the Python files under folders: every real folder once, sorted by name."""

    def __init__(self, root: str, config: Config) -> None:
        self.skipped: dict[str, str] = {}
        self._root = root
        self._gitignore = config.respect_gitignore
        patterns = (*config.exclude, *config.extend_exclude)
        self._names = frozenset(pattern for pattern in patterns if _is_plain(pattern))
        globs = [pattern for pattern in patterns if not _is_plain(pattern)]
        self._excluding: tuple[_Ignore, ...] = (_given(pattern_base(root, config), globs),) if globs else ()
        self._globs: tuple[_Ignore, ...] = self._excluding

    def under(self, folder: str) -> set[str]:
        """All Python files below a folder that are not excluded; links are followed if they lead outside."""
        found: set[str] = set()
        links: list[tuple[str, tuple[_Ignore, ...]]] = []
        self._globs = tuple(ignore.inside(folder) for ignore in self._excluding)
        self._descend(folder, tuple(ignore.inside(folder) for ignore in self._inherited(folder)), found, links)
        self._follow(folder, found, links)
        return found

    def _descend(
        self,
        top: str,
        ignores: tuple[_Ignore, ...],
        found: set[str],
        links: list[tuple[str, tuple[_Ignore, ...]]],
    ) -> None:
        pending = [(top, ignores)]
        while pending:
            folder, ignores = pending.pop()
            entries = self._list(folder)
            names = {entry.name for entry in entries}
            if folder != top and _is_disposable(folder, names):
                continue
            if self._gitignore and ".gitignore" in names:
                ignores += _ignore_file(os.path.join(folder, ".gitignore"), folder)
            for entry in entries:
                is_folder = _is_folder(entry)
                if not (is_folder or entry.name.endswith(READ)) or self._excluded(entry, is_folder, ignores):
                    continue
                if entry.is_symlink():
                    links.append((entry.path, ignores))
                elif is_folder:
                    pending.append((entry.path, ignores))
                elif entry.is_file(follow_symlinks=False):
                    found.add(entry.path)

    def _list(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except OSError as error:
            self.skipped[folder] = f"the folder cannot be listed: {reason_of(error)}"
            return []

    def excludes(self, path: str) -> bool:
        """Whether a path in the project, or a folder that contains it, is excluded."""
        folder = os.path.join(path, "") if os.path.isdir(path) else path
        named = not self._names.isdisjoint(_relative(self._root, path).split("/"))
        return named or any(ignore.verdict(folder) for ignore in self._excluding)

    def _excluded(self, entry: os.DirEntry[str], is_folder: bool, ignores: tuple[_Ignore, ...]) -> bool:
        if entry.name in self._names:
            return True
        path = os.path.join(entry.path, "") if is_folder else entry.path
        if any(ignore.verdict(path) for ignore in self._globs):
            return True
        for ignore in reversed(ignores):
            verdict = ignore.verdict(path)
            if verdict is not None:
                return verdict
        return False

    def _follow(self, top: str, found: set[str], links: list[tuple[str, tuple[_Ignore, ...]]]) -> None:
        """A link that leads back into folders on the walk shows the same files again, and is skipped."""
        seen = {os.path.realpath(top)}
        while links:
            links.sort(reverse=True)
            path, ignores = links.pop()
            real = os.path.realpath(path)
            if any(_holds(known, real) or _holds(real, known) for known in seen):
                continue
            if os.path.isdir(path):
                seen.add(real)
                self._descend(path, ignores, found, links)
            elif os.path.isfile(path):
                seen.add(real)
                found.add(path)

    def _inherited(self, folder: str) -> tuple[_Ignore, ...]:
        """The ignore files of the git repository above a folder, the outermost first."""
        if not self._gitignore:
            return ()
        above: list[str] = []
        current = folder
        while not os.path.exists(os.path.join(current, ".git")):
            parent = os.path.dirname(current)
            if parent == current:
                return ()
            above.append(parent)
            current = parent
        found = _ignore_file(os.path.join(current, ".git", "info", "exclude"), current)
        for parent in reversed(above):
            found += _ignore_file(os.path.join(parent, ".gitignore"), parent)
        return found


def pattern_base(root: str, config: Config) -> str:
    """The folder that patterns of files are relative to."""
    return config.folder if config.folder and _holds(config.folder, root) else root


def excluding(config: Config, root: str) -> Callable[[str], bool]:
    """A function that tells whether a path under the root, existing or not, or a folder that contains it, is
    excluded."""
    walk = _Walk(root, config)
    return lambda path: walk.excludes(os.path.join(root, path))


def fitting(config: Config, root: str, pattern: str) -> Callable[[str], bool]:
    """A function that tells whether a path under the root matches a pattern of files; `!` in front inverts the
    pattern."""
    ignore = _given(pattern_base(root, config), [pattern.removeprefix("!")])

    def fits(path: str) -> bool:
        return (ignore.verdict(os.path.join(root, path)) is True) != pattern.startswith("!")

    return fits


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def _is_plain(pattern: str) -> bool:
    return not set(pattern) & set("*?[]!/\\")


def _given(folder: str, patterns: list[str]) -> _Ignore:
    """The user's patterns, which may start with `./`."""
    for pattern in patterns:
        if _PARTED_BY_BACKSLASH.search(pattern):
            raise InitlintError(f"the pattern `{pattern}` matches nothing: separate folders by `/`, on Windows too")
    return _ignore(folder, [_FROM_HERE.sub(r"\1/", pattern) for pattern in patterns])


def _ignore(folder: str, lines: list[str]) -> _Ignore:
    from pathspec import GitIgnoreSpec

    try:
        return _Ignore(os.path.join(folder, ""), tuple(lines), GitIgnoreSpec.from_lines(lines))
    except ValueError as error:
        raise InitlintError(f"an exclude pattern is not valid: {error}") from error


def _ignore_file(path: str, folder: str) -> tuple[_Ignore, ...]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return ()
    wanted = [line for line in lines if line.strip() and not line.startswith("#")]
    return (_ignore(folder, wanted),) if wanted else ()


def _is_disposable(folder: str, names: set[str]) -> bool:
    """Whether a folder is a virtual environment, or marked as a cache."""
    if "pyvenv.cfg" in names or "conda-meta" in names:
        return True
    if "CACHEDIR.TAG" not in names:
        return False
    try:
        with open(os.path.join(folder, "CACHEDIR.TAG"), "rb") as stream:
            return stream.read(len(CACHE_TAG)) == CACHE_TAG
    except OSError:
        return False
