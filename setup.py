"""What pyproject.toml cannot say: the articles of corpus/ go into the package as chatbot/library."""

from __future__ import annotations

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


setup(cmdclass={"build_py": BuildPy})
