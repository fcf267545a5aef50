"""Checks that texts and names avoid the words of `words.toml`, run by `.ci/run` and pre-commit.

`words.json` counts the places that are left, by word and folder. The counts may only shrink: a new place
fails, and `--update` lowers the counts to the places that are there.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
SUFFIXES = {".css", ".graphql", ".html", ".md", ".mjs", ".py", ".sh", ".toml", ".ts", ".tsx", ".yaml", ".yml"}
BASELINE = HERE / "words.json"

Place = tuple[str, str]
"""A word of the list, and a folder."""


def pattern(forms: str) -> re.Pattern[str]:
    """Finds a word in any of its forms, and a phrase also across lines and comment signs."""
    phrases = [r"(?:\s+#?:?\s*)".join(map(re.escape, form.split())) for form in forms.split("|")]
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE)


def files() -> list[str]:
    """Paths of the texts that git knows, and of new ones that it does not ignore."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted(name for name in set(names) if Path(name).suffix in SUFFIXES and (ROOT / name).exists())


def folder(file: str) -> str:
    """The folder that a file is counted in: src/podgraph/pods, tests/pods, src/console, or the file itself."""
    parts = file.split("/")
    depth = 3 if file.startswith("src/podgraph/") else 2
    return "/".join(parts[: min(depth, len(parts) - 1)]) or file


def found(words: list[str], allowed: dict[str, set[str]]) -> Iterator[tuple[Place, str]]:
    """Each place of a word, with its file and line."""
    patterns = {word: pattern(word) for word in words}
    for file in files():
        text, exempt = (ROOT / file).read_text(), allowed.get(file, set())
        for word, each in patterns.items():
            if exempt & {word, "*"}:
                continue
            for match in each.finditer(text):
                yield (word, folder(file)), f"{file}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]!r}"


def main() -> int:
    """Compare what is found with the baseline; returns the number of words with new places."""
    rules = tomllib.loads((HERE / "words.toml").read_text())
    allowed = {one["file"]: set(one["words"]) for one in rules["allowed"]}
    places = list(found(list(rules["words"]), allowed))
    counts = Counter(place for place, _ in places)
    kept = Counter(
        {(word, at): count for word, by in json.loads(BASELINE.read_text()).items() for at, count in by.items()}
    )
    if "--update" in sys.argv[1:]:
        write(counts & kept)
    risen = {place for place, count in counts.items() if count > kept[place]}
    for place, line in places:
        if place in risen:
            sys.stdout.write(f"{line} (use: {rules['words'][place[0]]}; at most {kept[place]} in {place[1]})\n")
    return len(risen)


def write(counts: Counter[Place]) -> None:
    """Write the baseline, in a stable order."""
    nested: dict[str, dict[str, int]] = {}
    for (word, at), count in sorted(counts.items()):
        nested.setdefault(word, {})[at] = count
    BASELINE.write_text(json.dumps(nested, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(min(main(), 1))
