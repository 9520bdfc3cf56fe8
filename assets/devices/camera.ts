/** The camera looks for the label's code until it is found, stopped, or the page is left. */
import { type Decoder, forFrames, lorawan } from "./decoder";

export interface Told {
  /** Found the code of a LoRaWAN device. */
  found(text: string): void;
  /** Another code is in the picture; the camera goes on looking. */
  other(text: string): void;
  /** `data-say-<name>` of the reader's box. */
  say(name: string): void;
  /** Whether the camera runs. */
  running(on: boolean): void;
}

const BETWEEN_FRAMES = 120;
const LONG_IN_VAIN = 12_000;

/** What is wrong with the camera, as one of the reader's words. */
function fault(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (["NotFoundError", "NotSupportedError", "OverconstrainedError"].includes(name)) return "absent";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "failed";
}

export class Camera {
  private stream: MediaStream | undefined;
  /** Grows with every start and stop: what an older one opened late is closed at once. */
  private turn = 0;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly address: string,
    private readonly told: Told,
  ) {
    window.addEventListener("pagehide", () => this.stop());
    document.addEventListener("visibilitychange", () => document.hidden && this.stop());
  }

  /** Starts, or stops when it runs or is about to. */
  async toggle(on: boolean): Promise<void> {
    this.stop();
    if (!on) {
      this.told.say("");
      return;
    }
    const turn = this.turn;
    this.told.running(true);
    this.told.say("opening");
    try {
      const media = navigator.mediaDevices;
      if (!media) throw new DOMException("No camera here.", "NotFoundError");
      const ask = { video: { facingMode: "environment", width: { ideal: 1280 } } };
      const [decode, stream] = await this.both(turn, forFrames(this.address), media.getUserMedia(ask));
      if (!decode || !stream) return;
      this.told.say("looking");
      await this.look(turn, decode);
    } catch (error) {
      if (turn !== this.turn) return;
      this.stop();
      this.told.say(fault(error));
    }
  }

  /** The reader and the picture; nothing when somebody pressed stop meanwhile. */
  private async both(
    turn: number,
    reader: Promise<Decoder>,
    picture: Promise<MediaStream>,
  ): Promise<[Decoder?, MediaStream?]> {
    reader.catch(() => undefined);
    const stream = await picture;
    if (turn !== this.turn) {
      stream.getTracks().forEach((track) => track.stop());
      return [];
    }
    this.stream = stream;
    this.video.srcObject = stream;
    this.video.hidden = false;
    await this.video.play();
    this.video.scrollIntoView({ block: "nearest" });
    return [await reader, stream];
  }

  private async look(turn: number, decode: Decoder): Promise<void> {
    let last = "";
    let patience = performance.now() + LONG_IN_VAIN;
    while (turn === this.turn) {
      const texts = this.video.videoWidth ? await decode(this.video) : [];
      if (turn !== this.turn) return;
      const text = lorawan(texts);
      if (text) {
        this.stop();
        this.told.found(text);
        return;
      }
      if (texts[0] && texts[0] !== last) this.told.other((last = texts[0]));
      if (!last && performance.now() > patience) {
        patience = Infinity;
        this.told.say("still");
      }
      await new Promise((resolve) => window.setTimeout(resolve, BETWEEN_FRAMES));
    }
  }

  private stop(): void {
    this.turn += 1;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = undefined;
    this.video.srcObject = null;
    this.video.hidden = true;
    this.told.running(false);
  }
}
