// Recording a voice note: the browser's own recorder, mono, put into the Ogg that WhatsApp takes.

import { oggOf, secondsOf } from "./ogg";
import { readWebm } from "./webm";

const WEBM = "audio/webm;codecs=opus";
const OGG = "audio/ogg;codecs=opus";

export interface Note {
  blob: Blob;
  seconds: number;
}

export interface Recorder {
  stop: () => Promise<Note>;
  cancel: () => void;
}

/** What stands in the way, in words for the person at the page. */
export class CannotRecord extends Error {}

export async function record(): Promise<Recorder> {
  if (navigator.mediaDevices === undefined) {
    throw new CannotRecord("Browsers give the microphone only to https pages and to localhost: open this page there.");
  }
  let microphone: MediaStream;
  try {
    microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    const denied = error instanceof DOMException && error.name === "NotAllowedError";
    throw new CannotRecord(
      denied
        ? "The browser may not use the microphone: allow it beside the address, or send the sample voice note."
        : "There is no microphone that the browser can use. The sample voice note needs none.",
    );
  }
  const context = new AudioContext();
  const recorder = start(context, context.createMediaStreamSource(microphone));
  function end() {
    for (const track of microphone.getTracks()) track.stop();
    void context.close();
  }
  return {
    stop: async () => recorder.stop().finally(end),
    cancel: () => {
      recorder.cancel();
      end();
    },
  };
}

function start(context: AudioContext, source: AudioNode): Recorder {
  const type = [OGG, WEBM].find((each) => typeof MediaRecorder !== "undefined" && MediaRecorder.isTypeSupported(each));
  if (type === undefined) {
    void context.close();
    throw new CannotRecord("This browser cannot record Opus, which voice notes are made of: try Chromium or Firefox.");
  }
  const mono = new MediaStreamAudioDestinationNode(context, { channelCount: 1, channelCountMode: "explicit" });
  source.connect(mono);
  const recorder = new MediaRecorder(mono.stream, { mimeType: type, audioBitsPerSecond: 24_000 });
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise<void>((resolve) => {
    recorder.onstop = () => resolve();
  });
  const began = performance.now();
  recorder.start();
  return {
    stop: async () => {
      recorder.stop();
      await stopped;
      const recorded = new Blob(parts);
      if (type === OGG) return { blob: new Blob(parts, { type: "audio/ogg; codecs=opus" }), seconds: since(began) };
      const { packets, head } = readWebm(new Uint8Array(await recorded.arrayBuffer()));
      if (packets.length === 0) throw new CannotRecord("Nothing was heard. Hold on a little longer.");
      return { blob: oggOf(packets, head), seconds: secondsOf(packets) };
    },
    cancel: () => recorder.stop(),
  };
}

function since(began: number): number {
  return (performance.now() - began) / 1000;
}
