"""Links from a page of the product to an answer of the help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from reference_tokens.pages.help.links import has_help, help_url, help_with_error

if TYPE_CHECKING:
    from django.forms import BaseForm
    from django.template import RequestContext

register = template.Library()
register.simple_tag(help_url)


@register.simple_tag(takes_context=True)
def help_with_errors(context: RequestContext, form: BaseForm) -> list[str]:
    """The addresses of the answers about what is wrong in a form, each once; none for who may not read them."""
    if not has_help(context.request):
        return []
    codes = [error.code for errors in form.errors.as_data().values() for error in errors]
    return list(dict.fromkeys(filter(None, map(help_with_error, codes))))
