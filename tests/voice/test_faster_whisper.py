"""The adapter of faster-whisper, against a stand-in with the signatures of its release 1.2.1: models are large."""

from pathlib import Path

import pytest

from turnkeeper.model.voice import Sound, Wish
from turnkeeper.voice.base import LanguageUnknown, TranscriberMisconfigured
from turnkeeper.voice.faster_whisper import FasterWhisper

NOTE = Sound((Path(__file__).parent / "notes" / "sentence.ogg").read_bytes(), "audio/ogg", "sentence.ogg")
STAND_IN = """
import os
from types import SimpleNamespace


class WhisperModel:
    loaded = 0

    def __init__(self, model_size_or_path, device="auto", device_index=0, compute_type="default", cpu_threads=0,
                 num_workers=1, download_root=None, local_files_only=False, files=None, revision=None,
                 use_auth_token=None, **model_kwargs):
        assert os.path.isdir(model_size_or_path) and local_files_only and not model_kwargs
        assert os.environ["HF_HUB_OFFLINE"] == "1"
        with open(os.path.join(model_size_or_path, "model.bin"), "rb") as file:
            if file.read() != b"weights":
                raise RuntimeError("Unsupported model binary version")
        WhisperModel.loaded += 1
        self.threads = cpu_threads

    @property
    def supported_languages(self):
        return ["en", "id"]

    def transcribe(self, audio, language=None, task="transcribe", log_progress=False, beam_size=5, best_of=5,
                   patience=1, length_penalty=1, repetition_penalty=1, no_repeat_ngram_size=0, temperature=(0.0, 0.2),
                   compression_ratio_threshold=2.4, log_prob_threshold=-1.0, no_speech_threshold=0.6,
                   condition_on_previous_text=True, prompt_reset_on_temperature=0.5, initial_prompt=None, prefix=None,
                   suppress_blank=True, suppress_tokens=(-1,), without_timestamps=False, max_initial_timestamp=1.0,
                   word_timestamps=False, multilingual=False, vad_filter=False, vad_parameters=None):
        assert (str(audio.dtype), audio.ndim, abs(audio).max() <= 1) == ("float32", 1, True)

        def segments():
            yield SimpleNamespace(start=0.0, end=2.0, text=f" Halo {language} {initial_prompt} {vad_filter}")
            yield SimpleNamespace(start=2.0, end=3.0, text=f" {self.threads} {WhisperModel.loaded}.")
            yield SimpleNamespace(start=3.0, end=30.0, text=" and then I went" * 9)
            yield SimpleNamespace(start=3.5, end=30.0, text=" Sudah. ")

        return segments(), SimpleNamespace(language=language or "en", duration=4.0)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model's folder; the package is installed."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/faster_whisper.py").write_text(STAND_IN)
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"), prepend=":")
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.bin").write_bytes(b"weights")
    (model / "tokenizer.json").write_text("{}")
    return model


async def test_a_note_becomes_segments_and_loops_are_left_out(folder: Path) -> None:
    told: list[float] = []
    hears = FasterWhisper(folder, threads=2, tell=lambda done, _: told.append(done))
    try:
        first = await hears.transcribe(NOTE, Wish("Indonesian", prompt="Cardivex"))
        assert first.text == "Halo id Cardivex True 2 1. Sudah."
        assert (first.language, round(first.seconds)) == ("id", 4)
        assert [(each.start, round(each.end)) for each in first.spoken] == [(0.0, 2), (2.0, 3), (3.5, 4)]
        assert told == [2.0, 3.0, first.seconds, first.seconds]
        again = await hears.transcribe(NOTE, Wish())
        assert again.text == "Halo None None True 2 1. Sudah."  # loaded once
        with pytest.raises(LanguageUnknown, match="does not know 'sw'"):
            await hears.transcribe(NOTE, Wish("sw"))
    finally:
        await hears.close()


@pytest.mark.parametrize(
    "label, name, content, problem",
    [
        ("no model", "model.bin", None, r"has no model\.bin"),
        ("a tokenizer would be downloaded", "tokenizer.json", None, r"has no tokenizer\.json"),
        ("another model", "model.bin", b"pytorch", "cannot be loaded: Unsupported model binary version"),
    ],
)
async def test_a_folder_that_is_no_model_is_for_the_operator(
    folder: Path, label: str, name: str, content: bytes | None, problem: str
) -> None:
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    hears = FasterWhisper(folder)
    with pytest.raises(TranscriberMisconfigured, match=problem):
        await hears.transcribe(NOTE, Wish())
    await hears.close()
