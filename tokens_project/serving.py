"""The server as `serve` starts it, in the process of the command: systemd and a container know it by its id."""

from __future__ import annotations

from typing import Any

from gunicorn.app.base import BaseApplication

from tokens_project import gunicorn_conf


class Server(BaseApplication):  # type: ignore[misc] # gunicorn is not typed
    """gunicorn with this project's configuration and nothing else: no arguments, no file of the working folder."""

    def load_config(self) -> None:
        """Take what `gunicorn_conf` says, as `gunicorn -c python:tokens_project.gunicorn_conf` does."""
        for name, value in vars(gunicorn_conf).items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """The application, in a server process."""
        from tokens_project.wsgi import application  # noqa: PLC0415 - each process loads its own

        return application
