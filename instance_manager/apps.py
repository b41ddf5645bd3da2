from __future__ import annotations

from django.apps import AppConfig


class InstanceManagerConfig(AppConfig):
    """An administrator's pages."""

    name = "instance_manager"
