"""The command `chatbot`, which `python -m chatbot` is, too."""


def main() -> None:
    """Import the commands and run one; Ctrl-C ends it without a traceback while they are imported, too."""
    try:
        from chatbot.cli import main as run
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run()


if __name__ == "__main__":
    main()
