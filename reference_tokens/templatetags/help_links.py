"""Links from a page of the product to an answer of the help."""

from __future__ import annotations

from django import template

from reference_tokens.pages.help.links import help_url

register = template.Library()
register.simple_tag(help_url)
