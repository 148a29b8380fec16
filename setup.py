"""What pyproject.toml cannot say: corpus/ goes into the package as chatbot/library, README to package indexes."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildPy(build_py):
    """Builds the package and puts the shipped articles into it; from its source the package reads them in corpus/."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, target in self._articles():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        articles = [] if self.editable_mode else [target for _, target in self._articles()]
        return [*super().get_outputs(include_bytecode), *articles]

    def _articles(self) -> list[tuple[str, str]]:
        library = Path(self.build_lib, "chatbot", "library")
        found = [path for path in sorted(Path("corpus").rglob("*.md")) if ".trash" not in path.parts]
        return [(str(path), str(library / path.relative_to("corpus"))) for path in found]


def description() -> str:
    """README for a package index, where links into this repository lead nowhere: their words stay."""
    readme = re.sub(r"<picture>.*?</picture>\n*", "", Path("README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]+\)", r"\1", readme)


setup(
    cmdclass={"build_py": BuildPy},
    long_description=description(),
    long_description_content_type="text/markdown",
)
