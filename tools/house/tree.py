"""The files under inspection, and what a rule says about them."""

import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int  # 1-based; 0: the file or folder as a whole
    text: str  # what is wrong and what to do

    def __str__(self):
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.text}"


CPP = (".h", ".cc")
SCRIPT = (".py", ".sh")


class Tree:
    """A folder and the files in it that count: of the repository, what git does not ignore."""

    def __init__(self, root, paths):
        self.root = Path(root)
        self.paths = sorted(paths)
        self._texts = {}

    @staticmethod
    def of_repository(root):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, check=True, capture_output=True, text=True).stdout
        return Tree(root, {p for p in listed.split("\0") if p and (Path(root) / p).is_file()})

    def text(self, path):
        """The file's text; empty for what is not UTF-8 (a corpus, a golden)."""
        if path not in self._texts:
            try:
                self._texts[path] = (self.root / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                self._texts[path] = ""
        return self._texts[path]

    def lines(self, path):
        """(1-based number, line) of each line."""
        return enumerate(self.text(path).splitlines(), 1)

    @cached_property
    def cpp(self):
        return [p for p in self.paths if p.endswith(CPP)]

    @cached_property
    def code(self):
        """What people write and machines run: C++, contracts, build files, scripts."""
        return [p for p in self.paths if p.endswith(CPP + SCRIPT + (".proto", ".cmake", ".toml"))
                or PurePosixPath(p).name == "CMakeLists.txt" or self._is_script(p)]

    @cached_property
    def markdown(self):
        return [p for p in self.paths if p.endswith(".md")]

    @cached_property
    def folders(self):
        """Every folder that holds a file, directly or below."""
        return sorted({str(f) for p in self.paths for f in PurePosixPath(p).parents} - {"."})

    def _is_script(self, path):
        return "." not in PurePosixPath(path).name and self.text(path).startswith("#!")
