"""Checks that texts and names avoid the words of `words.toml`, run by `.ci/run` and pre-commit."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
SUFFIXES = {".css", ".graphql", ".html", ".md", ".mjs", ".py", ".sh", ".toml", ".ts", ".tsx", ".yaml", ".yml"}


def pattern(forms: str) -> re.Pattern[str]:
    """Finds a word in any of its forms, and a phrase also across lines and comment signs."""
    phrases = [r"(?:\s+#?:?\s*)".join(map(re.escape, form.split())) for form in forms.split("|")]
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE)


def files() -> list[str]:
    """Paths of the texts that git knows, and of new ones that it does not ignore."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted(name for name in set(names) if Path(name).suffix in SUFFIXES and (ROOT / name).exists())


def found(words: list[str], allowed: dict[str, set[str]]) -> Iterator[tuple[str, str]]:
    """Each place of a word: the entry of the list, and the file, line and text."""
    patterns = {word: pattern(word) for word in words}
    for file in files():
        text, exempt = (ROOT / file).read_text(), allowed.get(file, set())
        for word, each in patterns.items():
            if exempt & {word, "*"}:
                continue
            for match in each.finditer(text):
                yield word, f"{file}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]!r}"


def main() -> int:
    """Print each place with what to use instead; returns the number of places."""
    rules = tomllib.loads((HERE / "words.toml").read_text())
    allowed = {one["file"]: set(one["words"]) for one in rules["allowed"]}
    places = list(found(list(rules["words"]), allowed))
    for word, place in places:
        sys.stdout.write(f"{place} (use: {rules['words'][word]})\n")
    return len(places)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
