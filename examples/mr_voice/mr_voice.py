"""A medical representative's voice note about a visit -> a report. Nothing is remembered from one note to the next."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from turnkeeper import Bot, Buttons, Document, Sections, Turn
from turnkeeper.bots.message import Message
from turnkeeper.bots.reporting import report
from turnkeeper.model.events import caption_of
from turnkeeper.model.voice import Transcript
from turnkeeper.text.report import ReportField, ReportLayout, ReportSection
from turnkeeper.text.transcripts import document, is_cut, lines_of, talk_share

FULL_TRANSCRIPT: Literal["on request", "always", "never"] = "on request"
"""On request: for as long as the bot's `session_ttl` a long transcript can be asked for; then it is forgotten."""
REPRESENTATIVE = "MR"
"""The first of the `speakers` in turnkeeper.toml."""
WORDS = {"full transcript", "transcript", "full"}
SEND_A_NOTE = "Send me a voice note about a visit, and you get the report."
NO_REPORT = "The values could not be read from this note. Here is what was heard."
NEITHER = "Sorry, I could neither hear this note nor make a report of it. Please send it again."
FORGOTTEN = "I no longer have that transcript. Send me the note again."

Measured = Annotated[int | None, SkipJsonSchema()]
"""No model is asked for it."""


class Commitment(BaseModel):
    """Something that the doctor agreed to."""

    what: str
    strength: Literal["Strong", "Tentative", "Polite deflection"]


class Report(BaseModel):
    """A visit of a medical representative to a doctor, as the representative's note or the talk itself tells it."""

    representative: Annotated[str | None, SkipJsonSchema()] = None
    visit_date: Annotated[str | None, SkipJsonSchema()] = None
    minutes: Measured = None
    doctor: str | None = None
    specialty: str | None = None
    place: str | None = Field(None, description="The hospital, clinic or town.")
    products: list[str] = Field([], description="Products that were talked about.")
    samples: list[str] = Field([], description="Samples or material that were left.")
    competitors: list[str] = Field([], description="Other makers' products that were named.")
    receptivity: Literal["Positive", "Neutral", "Negative"] | None = None
    receptivity_reason: str | None = Field(None, description="What shows that, in a sentence.")
    objections: list[str] = []
    commitments: list[Commitment] = []
    next_steps: list[str] = []
    follow_up_date: date | None = Field(None, description="As a date; reckon from the date of the visit.")
    sentiment: int | None = Field(None, ge=1, le=10, description="The doctor's, from 1 (hostile) to 10 (delighted).")
    talk_share: Measured = None
    key_insight: str | None = Field(None, description="The one thing to know before the next visit.")
    coaching_notes: list[str] = Field([], description="What the representative did well, or could do better.")

    layout: ClassVar = ReportLayout(
        (
            ReportSection(
                "Visit",
                "🩺",
                (
                    ReportField("Doctor", "doctor"),
                    ReportField("Specialty", "specialty"),
                    ReportField("Place", "place"),
                    ReportField("Date", "visit_date"),
                    ReportField("Representative", "representative"),
                    ReportField("Length", "minutes", "number", unit=" min"),
                ),
            ),
            ReportSection(
                "Products",
                "💊",
                (
                    ReportField("Talked about", "products"),
                    ReportField("Left there", "samples"),
                    ReportField("Others named", "competitors"),
                ),
            ),
            ReportSection(
                "Response",
                "💬",
                (
                    ReportField("Receptivity", "receptivity", "choice", because="receptivity_reason"),
                    ReportField("Sentiment", "sentiment", "number", unit="/10"),
                    ReportField("Representative's share of the talk", "talk_share", "number", unit=" %"),
                    ReportField("Objections", "objections", "list"),
                    ReportField("Commitments", "commitments", "list"),
                ),
            ),
            ReportSection(
                "Next",
                "📅",
                (ReportField("Follow-up", "follow_up_date"), ReportField("", "next_steps", "list")),
            ),
            ReportSection("Key insight", "💡", (ReportField("", "key_insight"),)),
            ReportSection("Coaching", "🎯", (ReportField("", "coaching_notes", "list"),)),
        ),
        title="Visit report",
        emoji="📋",
    )

    @staticmethod
    def measured(transcript: Transcript) -> dict[str, Any]:
        """What the transcript's times tell."""
        share = talk_share(transcript, REPRESENTATIVE)
        minutes = round(transcript.seconds / 60) or None
        return {"minutes": minutes, "talk_share": None if share is None else round(100 * share)}


bot = Bot("mr_voice")


@bot.stage("visit", first=True)
async def visit(turn: Turn) -> None:
    """A note gets its report, also of several that were sent at once; whoever asks for a transcript gets that."""
    notes = [each for each in turn.messages if each.event.heard_at is not None]
    for place, note in enumerate(notes, 1):
        await reported(turn, note, f"transcript-{turn.number}-{place}")
    if notes:
        return
    if turn.choice is not None or turn.text.strip().casefold() in WORDS:
        await full_transcript(turn)
    else:
        await turn.reply(SEND_A_NOTE)


async def reported(turn: Turn, note: Message, key: str) -> None:
    """The report, as much of it as there is. `key`: of its transcript, which may be asked for."""
    if note.heard is None:
        await turn.reply(NEITHER, reply_to=note.id)
        return
    transcript = note.event.transcript
    day = datetime.fromtimestamp(note.event.timestamp, UTC)
    known = {"representative": turn.contact.name or "", "visit_date": f"{day:%Y-%m-%d}"}
    found = await report(Report, transcript, turn.extract, known=known, written=caption_of(note.event) or "")
    if not found.texts:
        await turn.reply(NEITHER, reply_to=note.id)
        return
    texts = found.texts if found.read or transcript is None else (NO_REPORT, *found.texts)
    await turn.reply(Sections(texts), reply_to=note.id)
    if transcript is not None and is_cut(transcript) and FULL_TRANSCRIPT != "never":
        await offer(turn, transcript, key)


async def offer(turn: Turn, transcript: Transcript, key: str) -> None:
    """The whole transcript: now, or a button for it."""
    if FULL_TRANSCRIPT == "always":
        await send(turn, document(transcript))
        return
    turn.state[key] = document(transcript)
    await turn.reply(Buttons(f"The transcript has {len(lines_of(transcript))} lines.", {key: "Full transcript"}))


async def full_transcript(turn: Turn) -> None:
    """The one whose button was pressed, or the latest."""
    key = turn.choice.id if turn.choice is not None else next(reversed(turn.state), "")
    if key in turn.state:
        await send(turn, turn.state.pop(key))
    else:
        await turn.reply(FORGOTTEN)


async def send(turn: Turn, words: str) -> None:
    """A transcript as a file."""
    file = await turn.attach(words.encode(), filename="transcript.txt", mime="text/plain")
    await turn.reply(Document(file))
