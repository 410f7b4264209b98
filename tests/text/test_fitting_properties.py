"""Whatever is said: it fits, what fits is left alone, and no word or choice is lost."""

import html
import re
from dataclasses import replace

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.channels.whatsapp_cloud.limits import LIMITS
from turnkeeper.model.contents import (
    Audio,
    Buttons,
    ContactCard,
    Contacts,
    Content,
    Document,
    File,
    Image,
    List,
    Location,
    LocationRequest,
    Phone,
    Reaction,
    Refused,
    Section,
    Sticker,
    Template,
    Text,
    UrlButton,
    Video,
    VoiceNote,
)
from turnkeeper.model.events import Choice
from turnkeeper.model.limits import (
    ButtonLimits,
    ContentLimits,
    ListLimits,
    Markup,
    MediaKind,
    MediaLimit,
    UrlButtonLimits,
)
from turnkeeper.text.fitting import fit

PNG = File(key="k", mime="image/png", size=9)
SMALL = ContentLimits(
    text=30,
    caption=9,
    media={"image": MediaLimit(100, ("image/png",)), "document": MediaLimit(1000), "sticker": MediaLimit(9)},
    buttons=ButtonLimits(count=2, title=4, id=6, body=12, header=5, footer=5),
    list=ListLimits(
        rows=4, sections=2, button=3, section_title=4, row_title=5, row_description=6, row_id=6,
        body=12, header=5, footer=5,
    ),
    url_button=UrlButtonLimits(label=4, url=20, body=12, header=5, footer=5),
    location=True,
    location_request=12,
    contacts=True,
    reactions=True,
    templates=True,
)  # fmt: skip
CHANNELS: list[tuple[ContentLimits, Markup]] = [
    (SMALL, "whatsapp"),
    (SMALL, "plain"),
    (SMALL, "telegram"),
    (LIMITS, "whatsapp"),
    (replace(SMALL, list=None), "whatsapp"),
    (replace(SMALL, buttons=None, caption=0), "whatsapp"),
    (ContentLimits(text=30), "plain"),
]
WORDS = st.text(st.sampled_from("ab *\n&😀é\u0301"), max_size=40)
FILES = st.builds(
    File,
    link=st.none() | st.sampled_from(["https://a.test/b.png", "http://a.test/", "ftp://a.test", ""]),
    key=st.none() | st.just("k"),
    mime=st.none() | st.sampled_from(["image/png", "image/webp", "video/mp4", "audio/ogg", "text/plain"]),
    size=st.none() | st.sampled_from([0, 9, 99, 101, 2000]),
)
QUOTES = st.none() | st.just("w1")
URLS = st.sampled_from(["https://a.test", "http:", "x", "https://a.test/" + "y" * 30, "https://a.test/" + "y" * 2000])
PLACES = st.floats()


def contents_of(words: st.SearchStrategy[str]) -> st.SearchStrategy[Content]:
    """Any content of such words, sensible or not."""
    line = st.none() | words
    ids = st.sampled_from(["", "a", "b", "long id"]) | words
    choices = st.lists(st.builds(Choice, ids, line, line), max_size=12).map(tuple)
    sections = st.lists(st.builds(Section, choices, line), max_size=3).map(tuple)
    phones = st.lists(st.builds(Phone, words, line), max_size=2).map(tuple)
    emails = st.lists(words, max_size=2).map(tuple)
    cards = st.lists(st.builds(ContactCard, words, phones, emails, line, line), max_size=2).map(tuple)
    return st.one_of(
        st.builds(Text, words, st.booleans(), QUOTES),
        st.builds(Image, FILES, line, QUOTES),
        st.builds(Video, FILES, line, QUOTES),
        st.builds(Document, FILES, line, QUOTES),
        st.builds(Audio, FILES, QUOTES),
        st.builds(VoiceNote, FILES, QUOTES),
        st.builds(Sticker, FILES, QUOTES),
        st.builds(Location, PLACES, PLACES, line, line, QUOTES),
        st.builds(Contacts, cards, QUOTES),
        st.builds(Buttons, words, choices, line, st.none() | FILES, line, QUOTES, words),
        st.builds(List, words, words, sections, line, line, QUOTES),
        st.builds(UrlButton, words, words, URLS, line, line, QUOTES),
        st.builds(LocationRequest, words, QUOTES),
        st.just(Reaction("w1", "👍")),
        st.just(Template("a", "en")),
        st.just(Refused("x", "y")),
    )


CONTENTS = contents_of(WORDS)
CHOICES = st.lists(
    st.builds(Choice, st.sampled_from(["", "a", "b", "long id"]), st.none() | WORDS, st.none() | WORDS), max_size=6
).map(tuple)


def long(text: str | None, markup: Markup) -> int:
    return len((text or "").encode("utf-16-le")) // 2 if markup == "telegram" else len(text or "")


def complaints(content: Content, limits: ContentLimits, markup: Markup) -> list[str]:
    """What does not fit, counted apart from how the code counts."""
    allowed: list[tuple[str, str | None, int]] = []
    blank: list[str | None] = []
    if isinstance(content, Text):
        allowed += [("text", content.body, limits.text)]
        blank += [content.body]
    if isinstance(content, Image | Video | Document):
        allowed += [("caption", content.caption, limits.caption)]
    if isinstance(content, Image | Video | Document | Audio | VoiceNote | Sticker):
        kinds: dict[type, MediaKind] = {
            Image: "image", Video: "video", Document: "document", Audio: "audio", VoiceNote: "voice",
            Sticker: "sticker",
        }  # fmt: skip
        limit = limits.media[kinds[type(content)]]
        assert (content.file.size or 1) <= limit.size
        assert content.file.mime is None or not limit.mimes or content.file.mime in limit.mimes
    if isinstance(content, Buttons):
        buttons = limits.buttons
        assert buttons is not None
        assert 1 <= len(content.choices) <= buttons.count
        allowed += [("body", content.body, buttons.body), ("header", content.header, buttons.header)]
        allowed += [("footer", content.footer, buttons.footer)]
        allowed += [("title", choice.title, buttons.title) for choice in content.choices]
        allowed += [("id", choice.id, buttons.id) for choice in content.choices]
        blank += [content.body, *(each for choice in content.choices for each in (choice.id, choice.title))]
        assert len({choice.title for choice in content.choices}) == len(content.choices)
        assert len({choice.id for choice in content.choices}) == len(content.choices)
        assert content.header is None or content.header_file is None
    if isinstance(content, List):
        listed = limits.list
        assert listed is not None
        rows = [row for section in content.sections for row in section.rows]
        assert 1 <= len(rows) <= listed.rows
        assert 1 <= len(content.sections) <= listed.sections
        assert all(section.rows for section in content.sections)
        assert len(content.sections) == 1 or all(section.title for section in content.sections)
        allowed += [("body", content.body, listed.body), ("header", content.header, listed.header)]
        allowed += [("footer", content.footer, listed.footer), ("button", content.button, listed.button)]
        allowed += [("section", section.title, listed.section_title) for section in content.sections]
        allowed += [("title", row.title, listed.row_title) for row in rows]
        allowed += [("description", row.description, listed.row_description) for row in rows]
        allowed += [("id", row.id, listed.row_id) for row in rows]
        blank += [content.body, content.button, *(each for row in rows for each in (row.id, row.title))]
        assert len({row.title for row in rows}) == len({row.id for row in rows}) == len(rows)
    if isinstance(content, UrlButton):
        url = limits.url_button
        assert url is not None
        allowed += [
            ("body", content.body, url.body),
            ("label", content.label, url.label),
            ("url", content.url, url.url),
        ]
        allowed += [("header", content.header, url.header), ("footer", content.footer, url.footer)]
        blank += [content.body, content.label]
    if isinstance(content, LocationRequest):
        allowed += [("body", content.body, limits.location_request or 0)]
        blank += [content.body]
    if isinstance(content, Location):
        assert limits.location
        assert -90 <= content.latitude <= 90
        assert -180 <= content.longitude <= 180
    assert limits.contacts or not isinstance(content, Contacts)
    assert limits.reactions or not isinstance(content, Reaction)
    assert limits.templates or not isinstance(content, Template)
    assert all(text and text.strip() for text in blank), blank
    if markup == "telegram":  # counts what is left once the entities of its HTML are parsed
        marked_up = ("text", "caption", "body")
        allowed = [(what, _parsed(text or "") if what in marked_up else text, limit) for what, text, limit in allowed]
    return [f"{what}: {text!r}" for what, text, limit in allowed if long(text, markup) > limit]


def _parsed(markup: str) -> str:
    return html.unescape(re.sub("<[^<>]*>", "", markup))


@pytest.mark.parametrize("limits, markup", CHANNELS)
@settings(max_examples=70)
@given(content=CONTENTS)
def test_everything_fits(limits: ContentLimits, markup: Markup, content: Content) -> None:
    fitted = fit(content, limits, markup)
    for each in fitted.contents:
        assert complaints(each, limits, markup) == []


@pytest.mark.parametrize("limits, markup", CHANNELS)
@settings(max_examples=70)
@given(content=CONTENTS)
def test_what_was_fitted_fits(limits: ContentLimits, markup: Markup, content: Content) -> None:
    for each in fit(content, limits, markup).contents:
        again = fit(each, limits, markup)
        assert again.contents == (each,)
        assert again.notes == ()


@pytest.mark.parametrize("limits, markup", CHANNELS)
@settings(max_examples=70)
@given(content=CONTENTS)
def test_only_the_first_quotes_and_nothing_goes_without_a_word(
    limits: ContentLimits, markup: Markup, content: Content
) -> None:
    fitted = fit(content, limits, markup)
    assert fitted.contents or fitted.notes
    assert sum(getattr(each, "reply_to", None) is not None for each in fitted.contents) <= 1
    first = next((each for each in fitted.contents if not isinstance(each, Refused | Reaction)), None)
    wanted = getattr(content, "reply_to", None)
    assert first is None or first.reply_to == wanted


def shown(content: Content) -> str:
    """Every word that the person sees."""
    said: list[str | None] = []
    match content:
        case Text(body=body):
            said = [body]
        case Buttons():
            said = [content.header, content.body, *(choice.title for choice in content.choices), content.footer]
        case List():
            said = [content.header, content.body, content.footer]
            for section in content.sections:
                said += [section.title, *(each for row in section.rows for each in (row.title, row.description))]
        case Image(caption=caption) | Video(caption=caption) | Document(caption=caption):
            said = [caption]
    return "".join("".join(each or "" for each in said).split())


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("limits", [SMALL, LIMITS, replace(SMALL, buttons=None), ContentLimits(text=30)])
@settings(max_examples=70)
@given(content=st.builds(Buttons, st.text("ab .", min_size=1).filter(str.strip), CHOICES))
def test_every_choice_is_seen_and_no_word_of_the_body_lost(limits: ContentLimits, content: Buttons) -> None:
    seen = "".join(shown(each) for each in fit(content, limits, "plain").contents)
    assert squeezed(content.body) in seen
    limit = limits.buttons.title if limits.buttons else limits.list.row_title if limits.list else 1000
    for choice in content.choices:
        title = " ".join((choice.title or choice.id).split()) or choice.id
        assert squeezed(begun(title, limit - 2)) in seen


def begun(text: str, most: int) -> str:
    """Its first characters as people count them, at most so many of the platform's: accents go with their letter."""
    ends = [found.end() for found in regex.finditer(r"\X", text) if found.end() <= most]
    return text[: ends[-1]] if ends else ""


@settings(max_examples=100)
@given(name=st.text("ab &<>'\"😀\n", min_size=1, max_size=120), buttons=st.booleans())
def test_no_entity_of_telegrams_is_cut(name: str, buttons: bool) -> None:
    """Whatever is put together from words and does not fit into one text."""
    content = Buttons("Q", (Choice("a", name),)) if buttons else Contacts((ContactCard(name, emails=(name,)),))
    fitted = fit(content, ContentLimits(text=30), "telegram").contents
    for each in fitted:
        if isinstance(each, Text):
            assert html.escape(html.unescape(each.body), quote=False) == each.body
            assert long(html.unescape(each.body), "telegram") <= 30
    seen = "".join(html.unescape(shown(each)) for each in fitted)
    assert squeezed(name) in seen or not name.strip()


def test_a_text_of_telegrams_that_is_too_long_loses_its_styles_and_says_so() -> None:
    fitted = fit(Text("<b>" + "one &amp; two " * 5 + "</b>"), ContentLimits(text=30), "telegram")
    assert [each.body for each in fitted.contents if isinstance(each, Text)] == [
        "one &amp; two one &amp;", "two one &amp; two", "one &amp; two one &amp;", "two",
    ]  # fmt: skip
    assert "the styles of a text that was too long were left out" in fitted.notes


@settings(max_examples=100)
@given(text=st.text("ab .", max_size=200), limits=st.sampled_from([SMALL, replace(SMALL, caption=0)]))
def test_no_word_of_a_text_or_caption_is_lost(text: str, limits: ContentLimits) -> None:
    for content in (Text(text), Image(PNG, text)):
        seen = "".join(shown(each) for each in fit(content, limits, "plain").contents)
        assert seen == squeezed(text)
