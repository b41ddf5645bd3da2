"""What is wrong with a text that was pasted as a token, in words; never a character of it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.debug import sensitive_variables

from reference_tokens.pages.secret_forms import holds_server_secret
from reference_tokens.token_values.mistyping import DIGITS, Mistake, mistyping_of

WORDS = {
    Mistake.HINT: _lazy("This is a token as lists show it: its first and last digits. The middle is missing."),
    Mistake.SEVERAL: _lazy("This is more than one token: paste one."),
    Mistake.TOKEN_ID: _lazy("This is an id, as logs and commands use it, not the token itself."),
    Mistake.SCHEME: _lazy("The name of a header or the word Bearer stands before it. A program adds that by itself."),
    Mistake.LINE_BREAK: _lazy("There is a line break in it."),
    Mistake.SPACE: _lazy("There is a space in it."),
    Mistake.INVISIBLE: _lazy("There is an invisible character in it, as copying from a document adds."),
    Mistake.QUOTE: _lazy("There are quotation marks in it."),
    Mistake.NO_PREFIX: _lazy("It does not begin with enrt_."),
    Mistake.PREFIX_IN_OTHER_LETTERS: _lazy("Its beginning is not written enrt_ exactly."),
    Mistake.LOWER_CASE: _lazy("There are small letters behind enrt_: the digits are 0 to 9 and the capitals A to F."),
    Mistake.NO_DIGITS: _lazy(
        "There are characters behind enrt_ that are no digits: these are 0 to 9 and A to F. Zero and the letter O are "
        "often mistaken for each other."
    ),
    Mistake.TOO_SHORT: _lazy("It has %(digits)s of %(all)s digits behind enrt_: its end is probably cut off."),
    Mistake.TOO_LONG: _lazy(
        "It has %(digits)s digits behind enrt_ and not %(all)s: something else was pasted behind it."
    ),
    Mistake.CHECKSUM: _lazy("Its form is right, but its checksum does not fit: at least one digit is wrong."),
}


@sensitive_variables("value")
def mistyping_in_words(value: str) -> list[str]:
    """Why the text is no token, a sentence for each mistake."""
    if holds_server_secret(value):
        return [_("This is the secret of a Resource Server, not a token.")]
    found = mistyping_of(value)
    numbers = {"digits": found.digits, "all": DIGITS}
    said = [str(WORDS[mistake]) % numbers for mistake in found.mistakes]
    if found.is_token_without:
        said.append(_("Without that it has the form of a token: correct it where the program reads it."))
    return said
