"""`python -m groupgate` is the command `groupgate`."""

from groupgate.cli.main import app

if __name__ == "__main__":
    app()
