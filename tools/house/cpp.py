"""As much of C++ as the rules need, read from code that clang-format has laid out."""

import re
from dataclasses import dataclass

_TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/'                       # comments
    r'|R"(?P<tag>[^()\s\\]*)\(.*?\)(?P=tag)"'   # raw strings
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'"     # not the separator in 1'000
    r'|^[ \t]*\#(?:\\\n|[^\n])*',               # preprocessor lines with their continuations
    re.DOTALL | re.MULTILINE)
_LABEL = re.compile(r"^\s*(?:(?:public|private|protected)\s*:\s*)+")
_TYPE = re.compile(r"(?:template\s*<.*?>\s*)?(?:class|struct|union|enum(?:\s+class)?)\s+"
                   r"(?:alignas\([^)]*\)\s*|\[\[.*?\]\]\s*)?(\w+)?", re.DOTALL)


def bare(text):
    """The code, line by line the same, with comments, literals and preprocessor lines blank."""
    return _TOKENS.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


@dataclass
class Function:
    name: str
    line: int  # of its first token
    lines: int


@dataclass
class Constructor:
    name: str
    line: int
    arguments: int


@dataclass
class _Scope:
    kind: str  # "namespace", "type", "function", "other"
    name: str
    line: int


class _Reader:
    """Walks the braces of bare code once, noting functions and constructors."""

    def __init__(self, text):
        self.code = bare(text)
        self.scopes = []
        self.functions = []
        self.constructors = []

    def read(self):
        head, parentheses, line = 0, 0, 1
        for at, char in enumerate(self.code):
            if char == "\n":
                line += 1
            elif char in "()":
                parentheses += 1 if char == "(" else -1
            elif char == "{":
                scope = self._open(head, at, parentheses, line)
                self.scopes.append(scope)
                head = head if scope.kind == "other" else at + 1
            elif char == "}" and self.scopes:
                scope = self.scopes.pop()
                if scope.kind == "function":
                    self.functions.append(Function(scope.name, scope.line, line - scope.line + 1))
                head = head if scope.kind == "other" else at + 1
            elif char == ";" and parentheses == 0 and not self._inside_function():
                self._declare(head, at, line)
                head = at + 1
        return self

    def _inside_function(self):
        return any(scope.kind in ("function", "other") for scope in self.scopes)

    def _head(self, begin, end, line):
        """What stands before a brace or semicolon on `line`, and the line where that begins."""
        text = self.code[begin:end]
        label = _LABEL.match(text)
        text = (text[label.end():] if label else text).lstrip()
        return text.rstrip(), line - text.count("\n")

    def _open(self, begin, at, parentheses, line):
        head, first = self._head(begin, at, line)
        if self._inside_function() or parentheses:
            return _Scope("other", "", line)
        if re.match(r"(inline\s+)?namespace\b|extern\b", head):
            return _Scope("namespace", "", line)
        if match := _TYPE.match(head):
            return _Scope("type", match.group(1) or "", line)
        if "(" in head and self.code[at - 1].isspace():
            self._declare(begin, at, line)
            return _Scope("function", head.split("(")[0].split()[-1], first)
        return _Scope("other", "", line)

    def _declare(self, begin, end, line):
        if not self.scopes or self.scopes[-1].kind != "type":
            return
        head, first = self._head(begin, end, line)
        name = self.scopes[-1].name
        match = re.match(r"(?:template\s*<.*?>\s*)?(?:explicit\s+|constexpr\s+|inline\s+)*"
                         + re.escape(name) + r"\s*\(", head, re.DOTALL)
        if name and match:
            self.constructors.append(Constructor(name, first, _arguments(head[match.end():])))


def _arguments(text):
    """How many arguments stand before the parenthesis that closes the list."""
    depth, commas, empty = 0, 0, True
    for char in text:
        if char == ")" and depth == 0:
            break
        depth += (char in "(<{[") - (char in ")>}]")
        commas += char == "," and depth == 0
        empty = empty and char.isspace()
    return 0 if empty else commas + 1


def functions(text):
    return _Reader(text).read().functions


def constructors(text):
    return _Reader(text).read().constructors
