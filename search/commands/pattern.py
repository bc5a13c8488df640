"""A metric as a regular expression, whose group is the number in a line of output."""

from __future__ import annotations

import re
from collections.abc import Iterator

from search.commands.point import Point, number_of
from search.errors import InputError

_NUMBER = r"[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)"
_WHOLE = re.compile(_NUMBER)
_COMMA = re.compile(r"[-+]?\d+,\d[\d.,]*")
_FRACTION = re.compile(r"(\d+)/(\d+)(?!\w|/|\.\d)")
"""A count of so many, as 9908/10000 is; no date and no path."""
_CLOCK = re.compile(r"\d+(?::\d\d)+(?:\.\d+)?(?![\w:])")
_BETWEEN = r"[\s:='\"]*"
"""What stands between a name and its number."""
_CELL = r"(?:[\s:：='\"|│┃]|[-=]>|→)*(?:(?:tensor|array|(?:np\.|numpy\.)?float\d+)\()?"
"""The same by the newest rules: also a table's lines, arrows, and a library's type of number."""
_MINUS = "\N{MINUS SIGN}"
"""As some programs print it: a hyphen by the newest rules, in a pattern too."""
_SIGN = re.compile(r"(?:^|[\s:=(\[{|,;'\"])([-+])$")
"""One that stands alone before a number; in 'top-1' it is a hyphen."""
_SAYS_SIGN = re.compile(r"(?:\\?-|\\\+|\[[-+]+\])\??$")
"""The end of a pattern before its group, where it says itself what becomes of a sign."""
_ENDS_IN_PLUS = re.compile(r"\+\??$")
"""The same by earlier rules, which took 'one or more' for a sign, too."""
_GREEDY = re.compile(r"(?<!\\)(?:\.|\\[DSWw]|\[\^\]?[^\]]*\])[*+]$")
"""The end of a pattern before its group, where it may pass over the begin of a number."""
_GOES_ON = re.compile(
    r"(?:[_'’.\u00a0\u2009\u202f]\d|[xX][0-9a-fA-F]|#(?:INF|IND|[QS]NAN))"
    r"(?:[\w'’.]|[\u00a0\u2009\u202f](?=\d))*"
)
"""What makes 1'000, 1_000, 0x1F, 1.2.3 or 1.#INF of the number before it, or 1 000 where the space
does not break the line."""
_UNSIGNED = re.compile(r"(?:\d+(?:,\d+)*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_NOT_FINITE = r"([-+]?(?:nan|inf(?:inity)?))"
_WHOLE_NOT_FINITE = r"((?<!\w)[-+]?(?:nan|inf(?:inity)?)(?!\w))"
_WORDS = re.compile(r"[^\W\d_][\w./-]*(?: +[^\W\d_][\w./-]*)*")
_EITHER_CASE = re.compile(r"\[(\w)(\w)\]")
_NO_WORDS = re.compile(r"\\.|\(\?:[^()]*\)[?*]|\(\?P<\w+>|\(\?\w*[):]?|\[\^?\]?[^\]]*\]|\.[*+?]+")
"""Of a pattern: escapes, what may be missing, the beginnings of groups, classes of characters, and
what is passed over."""


class Pattern:
    """A regular expression whose group is the number; without any, the number that follows it."""

    def __init__(self, text: str, option: str, rules: int) -> None:
        whole_words, self._newest = rules > 1, rules > 2
        text = self._with_hyphens(text)
        self._pattern = _compiled(text, option)
        alone = not self._pattern.groups
        begins = ends = ""
        if whole_words and re.match(r"[^\W_]", text):
            begins = r"(?<!\w)(?<!\w[./-])" if alone else r"(?<!\w)"
        if alone:
            ends = r"(?!\w)" if whole_words and re.search(r"(?<!\\)\w$", text) else ""
            ends += rf"{_CELL if self._newest else _BETWEEN}({_NUMBER})(?![\w])"
        if begins or ends:
            self._pattern = _compiled(rf"{begins}(?:{text}){ends}", option)
        named = self._pattern.groupindex
        unnamed = [n for n in range(1, self._pattern.groups + 1) if n not in named.values()]
        values = [named["value"]] if "value" in named else unnamed
        if len(values) != 1 or set(named) - {"value", "epoch"}:
            raise InputError(
                f"{option} '{text}' has {self._pattern.groups} groups; it takes one in brackets "
                "for the number, and (?P<epoch>…) for the epoch if there is one"
            )
        self._value, self._epoch = values[0], named.get("epoch")
        span = _group_span(self._pattern.pattern, self._value)
        before = self._pattern.pattern[: span[0]] if span else ""
        self._says_sign = bool(
            _SAYS_SIGN.search(before) or (not self._newest and _ENDS_IN_PLUS.search(before))
        )
        self._greedy = whole_words and bool(_GREEDY.search(text if alone else before))
        # What a pattern of digits would pass over, so that an earlier epoch would judge the run.
        not_finite = _WHOLE_NOT_FINITE if self._newest else _NOT_FINITE
        self._not_finite = _with_group(self._pattern.pattern, self._value, not_finite)

    def _with_hyphens(self, text: str) -> str:
        return text.replace(_MINUS, "-") if self._newest else text

    def points(self, line: str) -> Iterator[Point]:
        """Yield the points that a line holds, as `Reader.points` does."""
        line = self._with_hyphens(line)
        matches = list(self._pattern.finditer(line))
        if self._not_finite is not None:
            taken = {match.start(): match for match in matches}
            for match in self._not_finite.finditer(line):
                if match.start() not in taken:
                    matches.append(match)
                elif self._newest and self._passed_over(match):
                    matches[matches.index(taken[match.start()])] = match
        for match in sorted(matches, key=lambda one: one.start()):
            value = number_of(self._whole(match))
            if value is not None:
                epoch = match[self._epoch] if self._epoch else None
                yield Point(value, int(epoch) if epoch and epoch.strip().isdecimal() else None)

    def _passed_over(self, match: re.Match[str]) -> bool:
        """Check that the pattern would take a number in the place of NaN or infinity."""
        begin, end = match.span(self._value)
        with_number = match.string[:begin] + "1" * (end - begin) + match.string[end:]
        found = self._pattern.match(with_number, match.start())
        return found is not None and begin <= found.start(self._value) < end

    def words(self, line: str) -> Iterator[str]:
        """Yield the words of a line in which matches begin."""
        for match in self._pattern.finditer(line):
            begin = match.start() - len(re.split(r"[^\w./-]", line[: match.start()])[-1])
            yield re.split(r"[^\w./-]", line[begin:], maxsplit=1)[0]

    def _whole(self, match: re.Match[str]) -> str | None:
        """The number that the group took, and what it left of it: 1.5 stands in -1.5e-05, too."""
        taken, line = match[self._value], match.string
        if taken is None or number_of(taken.replace(",", "")) is None:
            return taken
        begin, end = match.span(self._value)
        if self._greedy:
            for around in _UNSIGNED.finditer(line):
                if around.start() < begin < around.end():
                    begin = around.start()
                    taken = line[begin:end]
        if end == match.end():
            found = _WHOLE.match(line, begin)
            if found is not None and found[0].startswith(taken):
                taken, end = found[0], found.end()
            if self._newest and (clock := _CLOCK.match(line, begin)) is not None:
                raise ValueError(f"printed {clock[0]}, a time: let the program print seconds")
            share = _FRACTION.match(line, begin) if self._newest and taken.isdecimal() else None
            if share is not None and 0 < int(share[2]) >= int(share[1]):
                return str(int(share[1]) / int(share[2]))
            more = _GOES_ON.match(line, end) if self._newest else None
            if more is not None:
                raise ValueError(
                    f"printed {line[begin : more.end()]}, which is no plain number: let the "
                    "program print digits and a point"
                )
            comma = _COMMA.match(line, begin)
            if comma is not None and comma.end() > end:
                raise ValueError(_of_comma(comma[0], taken))
        if _COMMA.fullmatch(taken):
            raise ValueError(_of_comma(taken, ""))
        sign = None if self._says_sign else _SIGN.search(line[:begin])
        return f"{sign[1]}{taken}" if sign else taken


def name_in(pattern: str) -> str:
    """Derive the name of a metric from its pattern: the words that stand before the number."""
    before = _EITHER_CASE.sub(_first_case, pattern[: _value_begins(pattern)])
    words = _WORDS.findall(_NO_WORDS.sub("|", before))
    return words[-1].strip(" ./-") if words else "metric"


def _first_case(either: re.Match[str]) -> str:
    """The first letter of a class of one letter in both cases, as [Bb]; the class of others."""
    return either[1] if either[1].lower() == either[2].lower() else either[0]


def _value_begins(pattern: str) -> int:
    """The place of the group for the number; the end where there is none."""
    try:
        compiled = re.compile(pattern)
    except re.error:
        return len(pattern)
    numbers = set(range(1, compiled.groups + 1)) - {compiled.groupindex.get("epoch")}
    spans = (_group_span(pattern, number) for number in sorted(numbers))
    return next((span[0] for span in spans if span), len(pattern))


def _of_comma(number: str, taken: str) -> str:
    end = f"; if {taken} is meant, let the pattern go on with the comma" if taken else ""
    return (
        f"printed {number}, in which the comma may stand for a point or for nothing: let the "
        f"program print a point{end}"
    )


def _compiled(text: str, option: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise InputError(
            f"{option} '{text}' is no regular expression ({error}); a bracket that is meant as "
            "such is written \\("
        ) from error


def _with_group(pattern: str, number: int, group: str) -> re.Pattern[str] | None:
    """The pattern with another group, of NaN and infinity, in place of one of its groups."""
    span = _group_span(pattern, number)
    if span is None:
        return None
    begin, end = span
    named = re.match(r"\(\?P<\w+>", pattern[begin:end])
    if named:
        group = f"{named[0]}{group[1:]}"
    try:
        return re.compile(pattern[:begin] + group + pattern[end:], re.IGNORECASE)
    except re.error:
        return None


def _group_span(pattern: str, number: int) -> tuple[int, int] | None:
    """The beginning and the end of a capturing group of a regular expression."""
    opened: list[tuple[int, int]] = []
    count, at, in_class = 0, 0, False
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            at += 2
            continue
        if in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
            at += pattern.startswith(("]", "^]"), at + 1) * (2 if pattern[at + 1] == "^" else 1)
        elif character == "(":
            captures = pattern[at + 1 : at + 2] != "?" or pattern.startswith("?P<", at + 1)
            count += captures
            opened.append((at, count if captures else 0))
        elif character == ")" and opened:
            begin, which = opened.pop()
            if which == number:
                return begin, at + 1
        at += 1
    return None
