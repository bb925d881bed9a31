"""The only module that adapts to the installed stack."""


def install() -> None:
    """Install the import shims stock MMagic needs; idempotent and cheap."""
