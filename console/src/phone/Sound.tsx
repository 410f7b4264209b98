import { useRef, useState } from "react";

import { seconds } from "../time";

import styles from "./Content.module.css";

/** Play and pause, how far, how long. */
export function Sound({ address, name }: { address: string; name: string }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [broken, setBroken] = useState(false);

  function turn() {
    const element = audio.current;
    if (element === null) return;
    if (playing) element.pause();
    else element.play().catch(() => setBroken(true));
  }

  return (
    <div className={styles.sound} data-testid="sound" data-seconds={length || undefined} role="group" aria-label={name}>
      <button type="button" onClick={turn} aria-label={playing ? `Pause ${name}` : `Play ${name}`} disabled={broken}>
        <svg viewBox="0 0 24 24" width={20} height={20} fill="currentColor" aria-hidden>
          <path d={playing ? "M7 5h4v14H7zM13 5h4v14h-4z" : "M8 5l11 7-11 7z"} />
        </svg>
      </button>
      <input
        type="range"
        aria-label="Position"
        min={0}
        max={length || 1}
        step={0.05}
        value={Math.min(at, length)}
        onChange={(event) => {
          if (audio.current !== null) audio.current.currentTime = event.currentTarget.valueAsNumber;
        }}
      />
      <span>{broken ? "cannot be played" : seconds(playing || at > 0 ? at : length)}</span>
      <audio
        ref={audio}
        src={address}
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setAt(0)}
        onError={() => setBroken(true)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onDurationChange={({ currentTarget: { duration } }) => {
          if (Number.isFinite(duration)) setLength(duration);
        }}
      />
    </div>
  );
}
