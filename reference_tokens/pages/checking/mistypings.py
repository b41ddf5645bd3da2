"""What is wrong with a text that was pasted as a token, in words; never a character of it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from reference_tokens.pages.secret_forms import holds_server_secret
from reference_tokens.token_values.mistyping import DIGITS, Mistake, mistyping_of

WORDS = {
    Mistake.HINT: gettext_lazy("This is a token as lists show it: its first and last digits. The middle is missing."),
    Mistake.SEVERAL: gettext_lazy("This is more than one token: paste one."),
    Mistake.TOKEN_ID: gettext_lazy("This is an id, as logs and commands use it, not the token itself."),
    Mistake.SCHEME: gettext_lazy(
        "The name of a header or the word Bearer stands before it. A program adds that by itself."
    ),
    Mistake.LINE_BREAK: gettext_lazy("There is a line break in it."),
    Mistake.SPACE: gettext_lazy("There is a space in it."),
    Mistake.INVISIBLE: gettext_lazy("There is an invisible character in it, as copying from a document adds."),
    Mistake.QUOTE: gettext_lazy("There are quotation marks in it."),
    Mistake.NO_PREFIX: gettext_lazy("It does not begin with enrt_."),
    Mistake.PREFIX_IN_OTHER_LETTERS: gettext_lazy("Its beginning is not written enrt_ exactly."),
    Mistake.LOWER_CASE: gettext_lazy(
        "There are small letters behind enrt_: the digits are 0 to 9 and the capitals A to F."
    ),
    Mistake.NO_DIGITS: gettext_lazy(
        "There are characters behind enrt_ that are no digits: these are 0 to 9 and A to F. Zero and the letter O are "
        "often mistaken for each other."
    ),
    Mistake.TOO_SHORT: gettext_lazy("It has %(digits)s of %(all)s digits behind enrt_: its end is probably cut off."),
    Mistake.TOO_LONG: gettext_lazy(
        "It has %(digits)s digits behind enrt_ and not %(all)s: something else was pasted behind it."
    ),
    Mistake.CHECKSUM: gettext_lazy("Its form is right, but its checksum does not fit: at least one digit is wrong."),
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
