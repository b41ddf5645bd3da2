"""Exporting the tokens that the filters of the list of every token leave."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.resumed_form import SIGNATURE
from accounts.http import SignedInRequest, actor_of
from accounts.limits.concurrency import ConcurrencyLimit, StreamInSlot
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.row_files import FORMATS
from instance_manager.addresses import inventory_url
from instance_manager.tokens.lists import inventory_filter_form
from reference_tokens.lists.export import COLUMNS, exported_rows, record_export
from reference_tokens.lists.finding.conditions import filtered_tokens
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.models import ReferenceToken

# An export reads for minutes where there are many tokens: one at a time in each process, and nobody waits for it.
EXPORTING = ConcurrencyLimit(1, wait_seconds=0)


def list_with_filters(request: SignedInRequest) -> str:
    """The list that was to be exported, for an administrator who comes back from a confirmation."""
    query = request.GET.copy()
    for name in ("format", SIGNATURE):
        query.pop(name, None)
    return f"{inventory_url()}?{query.urlencode()}" if query else inventory_url()


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@without_token_in_search
@recent_sign_in_required
def token_export(request: SignedInRequest) -> HttpResponse:
    """The file, which is sent as it is read. A POST, since it is recorded; else, after a confirmation, the list."""
    if request.method != "POST":
        if request.GET.get("format"):
            messages.info(request, _("You confirmed it is you. Start the export again."))
        return HttpResponseRedirect(list_with_filters(request))
    now, file_format = timezone.now(), request.POST.get("format", "")
    form = inventory_filter_form(request.POST)
    if form.errors or file_format not in FORMATS:
        messages.warning(request, _("Nothing was exported: the filters are not valid."))
        return HttpResponseRedirect(inventory_url())
    tokens = filtered_tokens(ReferenceToken.objects.all(), form.filters, now)
    actor = actor_of(request, Source.MANAGE)
    content_type, lines = FORMATS[file_format]
    held = StreamInSlot(EXPORTING, lines(exported_rows(tokens, now), COLUMNS))
    chosen_by, count = form.filters.for_record, tokens.count()
    record_export(actor=actor, count=count, chosen_by=chosen_by, file_format=file_format, now=now)
    name = f"tokens-{now:%Y-%m-%d}.{file_format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    streamed = StreamingHttpResponse(held, content_type=content_type, headers=headers)
    # The decorators speak of whole answers; what they do to one holds for one that is sent bit by bit.
    return cast("HttpResponse", streamed)
