"""What every kind of bot may be told in the configuration: how it takes its turns, whom it asks, what it says then."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from turnkeeper.channels.keys import Keys, Seconds, Whole, read_cap, wrong
from turnkeeper.config.fallback import read_fallback
from turnkeeper.config.hearing import HearingKeys
from turnkeeper.config.models import Model, ModelKeys, read_models
from turnkeeper.config.payments import PayingKeys
from turnkeeper.config.timing import TimingKeys
from turnkeeper.config.values import read_kinds, read_rate
from turnkeeper.model.llm import ModelChoice, ModelSettings
from turnkeeper.model.policy import FallbackTemplate, Keep, Overlap, RateLimit, TurnPolicy

_POLICY = TurnPolicy()
_TOOL = re.compile(r"[A-Za-z_][\w-]{0,62}|[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,39}")
FACT_TYPES = ("text", "number", "date", "boolean")


def read_tools(value: object) -> object:
    """Names of built-in and configured tools, and functions as `module:function`."""
    if not isinstance(value, list | tuple):
        wrong(f"{value!r} is not a list of tools", 'Write ["my_tools:search", "handover"].')
    for each in value:
        if not isinstance(each, str) or not _TOOL.fullmatch(each):
            mend = 'Write "module:function", the name of a [tools.…] table, or a built-in one.'
            wrong(f"{each!r} is not the name of a tool", mend)
    return tuple(value)


def read_facts(value: object) -> object:
    """What a bot may keep of a contact: names and their types, or the values to choose from."""
    if not isinstance(value, Mapping):
        wrong(f"{value!r} is not a table", 'Write { budget = "number", size = ["S", "M", "L"] }.')
    for name, kind in value.items():
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            wrong(f"{name!r} is not a fact's name", "Use small letters, digits and underscores, a letter first.")
        choices = isinstance(kind, list | tuple) and kind and all(isinstance(each, str) for each in kind)
        if not choices and kind not in FACT_TYPES:
            wrong(f"{kind!r} is not a type of fact", f"Write one of {', '.join(FACT_TYPES)}, or a list of choices.")
    return {name: tuple(kind) if isinstance(kind, list) else kind for name, kind in value.items()}


def read_limit(value: object) -> object:
    """A number, or None for `off`."""
    if isinstance(value, bool):
        wrong(f"{value!r} is not a number", 'Write a number, or "off".')
    return None if value == "off" else value


Cap = Annotated[int | None, BeforeValidator(read_cap)]
Money = Annotated[float | None, BeforeValidator(read_limit)]
OfferLabel = Annotated[str, Field(min_length=1, max_length=20)]


class BotKeys(Keys):
    """How any bot takes its turns."""

    kind: str = Field(description="What the bot is made of.")
    quiet: Seconds = Field(
        _POLICY.quiet,
        description="A turn starts this long after the last message.",
        examples=["4.0"],
    )
    max_wait: Seconds = Field(
        _POLICY.max_wait,
        description="And at the latest this long after the first.",
        examples=["15.0"],
    )
    adaptive: bool = Field(
        _POLICY.adaptive,
        description="Wait less when the message looks complete and this person's habit says so.",
        examples=["true"],
    )
    gather: bool = Field(_POLICY.gather, description="false: one message, one turn.", examples=["true"])
    overlap: Overlap = Field(
        _POLICY.overlap,
        description="What a message during a turn does: interrupt, queue (next turn) or drop.",
        examples=['"interrupt"'],
    )
    rate_limit: Annotated[RateLimit | None, BeforeValidator(read_rate)] = Field(
        _POLICY.rate_limit,
        description='Messages that one contact may send; "off" for no limit.',
        examples=['"10/minute"'],
    )
    stale_after: Seconds = Field(
        _POLICY.stale_after,
        gt=0,
        description="Older messages are not answered.",
        examples=['"24h"'],
    )
    session_ttl: Seconds = Field(
        _POLICY.session_ttl,
        gt=0,
        description="After so long without a message the bot starts afresh.",
        examples=['"24h"'],
    )
    farewell: str = Field(
        _POLICY.farewell,
        max_length=4000,
        description='Said when a session expires, where the contact may still be written to; "": nothing.',
        examples=['"I close this for now. Just write when you are back."'],
    )
    reply_expires: Seconds = Field(
        _POLICY.reply_expires,
        gt=0,
        description="A reply that could not be sent for so long is given up.",
        examples=['"24h"'],
    )
    turn_limit: Seconds = Field(_POLICY.turn_limit, gt=0, description="How long one turn may take.", examples=['"5m"'])
    turn_retries: Whole = Field(
        _POLICY.turn_retries,
        ge=0,
        le=10,
        description="How often a turn that raised is tried again.",
        examples=["2"],
    )
    error_reply: str = Field(
        _POLICY.error_reply,
        description='What the person gets when a turn has failed; "" for nothing.',
        examples=['"Please try again."'],
    )
    media_reply: str = Field(
        _POLICY.media_reply,
        description="What the person gets when a file was refused and the bot has no words of its own for it.",
        examples=['"Please send it as a PDF."'],
    )
    rate_notice: str = Field(
        _POLICY.rate_notice,
        description="Said once when the rate limit is reached.",
        examples=['"Slower, please."'],
    )
    stale_notice: str = Field(
        _POLICY.stale_notice,
        description="Said once when messages were too old to answer.",
        examples=['"Please write again."'],
    )

    reads: Annotated[tuple[str, ...] | None, BeforeValidator(read_kinds)] = Field(
        _POLICY.reads,
        description='The kinds of messages that the bot can read, or "all"; presses of buttons are always read.',
        examples=['["text", "voice"]'],
    )
    unsupported_reply: str = Field(
        _POLICY.unsupported_reply,
        description='Said instead of asking the bot when all it would get is messages that nobody here can read; "" '
        "for nothing.",
        examples=['"Please write that as text."'],
    )
    part_numbers: bool = Field(
        _POLICY.part_numbers,
        description='true: the parts of an answer that takes several messages end in "(1/3)".',
        examples=["false"],
    )
    keep: Keep = Field(
        _POLICY.keep,
        description='"nothing": once a turn is answered, its words, files and memory are erased; that it was, stays. '
        '"session": the state that the bot left stays too, for `session_ttl`.',
        examples=['"all"'],
    )
    reactions: bool = Field(
        _POLICY.reactions,
        description="true: an emoji under a message starts a turn too.",
        examples=["false"],
    )

    fallback_template: Annotated[FallbackTemplate | None, BeforeValidator(read_fallback)] = Field(
        _POLICY.fallback_template,
        description="The template that goes instead of words when the provider's window is closed; `{text}` in its "
        "parameters stands for them. Without it such words are refused.",
        examples=['{ name = "answer_ready", language = "en", body = ["{text}"] }'],
    )

    @model_validator(mode="after")
    def _waits_in_order(self) -> Self:
        if self.max_wait < self.quiet:
            wrong(
                f"max_wait ({self.max_wait:g} s) is shorter than quiet ({self.quiet:g} s)",
                "Make max_wait at least as long as quiet.",
            )
        return self


class ChainKeys(HearingKeys, TimingKeys, BotKeys):
    """The models that a bot asks in turn, how, and what is said when none answers."""

    models: Annotated[tuple[ModelKeys, ...], BeforeValidator(read_models)] = Field(
        (),
        description="The models to ask, as `provider/model`, each when those before it gave no answer. A table "
        "instead of a name sets `tools`, `images`, `documents`, `timeout`, `temperature` … for that model alone.",
        examples=['["router/openai/gpt-5-mini", {model = "claude/claude-haiku-4-5", tools = false}]'],
    )
    fixed_reply: str = Field(
        "Sorry, something is not working. Shall I ask a person to get back to you?",
        min_length=1,
        max_length=1000,
        description="Said when there is no answer; if it ends in a question mark, whoever answers yes gets a person.",
        examples=['"Sorry, I cannot answer now. Shall I ask a person?"'],
    )
    offer_buttons: tuple[OfferLabel, OfferLabel] = Field(
        ("Yes, please", "No, thanks"),
        description="The buttons under a fixed reply that asks; whatever the language, yes may also be written.",
        examples=['["Ja, bitte", "Nein, danke"]'],
    )
    handover_reply: str = Field(
        "I have told my colleagues. Somebody will get back to you here.",
        max_length=1000,
        description='Said to whom the fixed reply offered a person, and who wants one; "": nothing.',
        examples=['"One of us will write to you here."'],
    )
    temperature: float | None = Field(0.7, ge=0, le=2, description="How freely models answer.", examples=["0.7"])
    max_tokens: Whole = Field(
        500, ge=1, le=1_000_000, description="The longest answer of a model, in tokens.", examples=["500"]
    )
    top_p: float | None = Field(None, ge=0, le=1, description="As the model has it, unless set.", examples=["1.0"])
    frequency_penalty: float | None = Field(
        None, ge=-2, le=2, description="As the model has it, unless set.", examples=["0.0"]
    )
    presence_penalty: float | None = Field(
        None, ge=-2, le=2, description="As the model has it, unless set.", examples=["0.0"]
    )
    timeout: Seconds = Field(30.0, gt=0, le=600, description="How long one model may take.", examples=['"30s"'])
    loop_guard: bool = Field(
        True,
        description="false: nothing stops the bot from talking to another bot, or in circles.",
        examples=["true"],
    )

    def settings(self) -> ModelSettings:
        """How models are asked, unless a model has its own."""
        return ModelSettings(
            self.temperature,
            self.max_tokens,
            self.top_p,
            self.frequency_penalty,
            self.presence_penalty,
            self.timeout,
        )

    def choices(self) -> tuple[ModelChoice, ...]:
        """The chain's models, each with its settings."""
        return tuple(self.choice(each) for each in self.models)

    def choice(self, keys: ModelKeys) -> ModelChoice:
        """One model with its settings."""
        provider, _, name = keys.model.partition("/")
        own = self.settings()
        given = {each: getattr(keys, each) for each in own.__struct_fields__ if getattr(keys, each) is not None}
        settings = ModelSettings(**{each: given.get(each, getattr(own, each)) for each in own.__struct_fields__})
        return ModelChoice(provider, name, keys.tools, keys.images, keys.documents, settings)


class ModelUserKeys(ChainKeys):
    """What a bot's models may use, and what that may take."""

    tools: Annotated[tuple[str, ...], BeforeValidator(read_tools)] = Field(
        (),
        description="What models may use: functions as `module:function`, tables under [tools], `handover`, "
        "`knowledge`.",
        examples=['["my_tools:search_events", "handover"]'],
    )
    tool_rounds: Whole = Field(
        3, ge=0, le=20, description="How often in a turn a model may ask for tools.", examples=["3"]
    )
    tool_calls: Whole = Field(16, ge=1, le=200, description="How many calls of tools a turn may make.", examples=["16"])
    tool_timeout: Seconds = Field(20.0, gt=0, le=300, description="How long one tool may take.", examples=['"20s"'])
    answer_within: Seconds = Field(
        90.0,
        gt=0,
        le=600,
        description="How long a turn may ask models and tools; then the fixed reply is said.",
        examples=['"90s"'],
    )
    turn_tokens: Cap = Field(
        200_000, ge=1, description='Tokens that one turn may take; "off": any.', examples=["200000"]
    )
    turn_cost: Money = Field(
        None, gt=0, description="US dollars that one turn may take, where prices are known.", examples=["0.50"]
    )
    daily_tokens: Cap = Field(
        None, ge=1, description="Tokens that one conversation may take in a day (UTC).", examples=["1000000"]
    )
    daily_cost: Money = Field(
        None,
        gt=0,
        description="US dollars that one conversation may take in a day (UTC), where prices are known.",
        examples=["2.00"],
    )
    knowledge: tuple[str, ...] = Field(
        (), description="The [knowledge] tables that the bot may look things up in.", examples=['["help"]']
    )
    language: str = Field(
        "auto",
        pattern=r"^(auto|[a-z]{2,3}(-[A-Za-z0-9]{2,8})?)$",
        description="The language to answer in; auto: the person's.",
        examples=['"auto"'],
    )


class PythonKeys(PayingKeys, ModelUserKeys):
    """A bot written in Python."""

    kind: Literal["python"] = Field(description="What the bot is made of.", examples=['"python"'])
    entry: str = Field(
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="`module:name`, the module found next to the configuration file.",
        examples=['"my_bot:bot"'],
    )


class AgentKeys(ModelUserKeys):
    """A bot that is a prompt, models and tools."""

    kind: Literal["agent"] = Field(description="What the bot is made of.", examples=['"agent"'])
    prompt: str = Field(
        "",
        max_length=200_000,
        description="What the models are told of their task; `file:prompt.md` is followed while the server runs.",
        examples=['"file:prompt.md"'],
    )
    history: Whole = Field(
        10, ge=0, le=200, description="How many messages of the conversation a model reads.", examples=["10"]
    )
    history_tokens: Whole = Field(4000, ge=100, description="And how many tokens of them at most.", examples=["4000"])
    nothing_found: str = Field(
        "I found nothing about that. Shall I ask a person to get back to you?",
        max_length=1000,
        description="Said by a bot without models where its knowledge has no answer; as `fixed_reply`.",
        examples=['"I do not know. Shall I ask a person?"'],
    )
    summary: bool = Field(
        True, description="Older messages are told in a summary, made in the background.", examples=["true"]
    )
    summary_model: Model = Field(
        "", description="The model that writes it; without it, the last of `models`.", examples=['"router/small-model"']
    )
    facts: Annotated[Mapping[str, str | tuple[str, ...]], BeforeValidator(read_facts)] = Field(
        {},
        description="What the bot may keep of a contact, by name and type: text, number, date, boolean, or choices.",
        examples=['{ budget = "number", size = ["S", "M", "L"] }'],
    )
    format: Literal["auto", "text", "stages"] = Field(
        "auto",
        description="stages: answers are read in the stage format; auto: where the prompt has `!!Stage …!!` marks.",
        examples=['"auto"'],
    )
    timezone: str = Field(
        "UTC", min_length=1, description="The time zone of `{{now}}` in prompts.", examples=['"Asia/Jakarta"']
    )

    @model_validator(mode="after")
    def _can_answer(self) -> Self:
        if not self.models and not self.knowledge:
            wrong("has neither models nor knowledge to answer from", "Add models, or knowledge.")
        if self.models and not self.prompt.strip():
            wrong("has no prompt", 'Add prompt = "You help customers of …", or prompt = "file:prompt.md".')
        return self
