/** Reads the QR code of a device's label, by camera or from a photo. No picture leaves the browser. */
import { Camera } from "./camera";
import { forPhoto, lorawan } from "./decoder";

/** Remembers for this tab that the last label was read by camera: then the next one will be, too. */
const BY_CAMERA = "machitry-label-by-camera";
const LONGEST_SHOWN = 80;

class Reader {
  private readonly button = this.part<HTMLButtonElement>("camera");
  private readonly status = this.part("status");
  private readonly address = this.box.dataset.decoder ?? "";

  constructor(private readonly box: HTMLElement) {
    this.camera();
    this.photo();
  }

  private part<T extends HTMLElement>(name: string): T | null {
    return this.box.querySelector<T>(`[data-label-${name}]`);
  }

  private readonly say = (name: string, read = ""): void => {
    if (!this.status) return;
    const words = this.box.getAttribute(`data-say-${name}`) ?? "";
    const short = read.length > LONGEST_SHOWN ? `${read.slice(0, LONGEST_SHOWN)}…` : read;
    this.status.textContent = words.replace("{read}", short);
  };

  /** Puts the text where it can be typed too, and presses the button that fills the form from it. */
  private found(text: string, byCamera: boolean): void {
    const field = document.getElementById(this.box.dataset.field ?? "");
    const button = document.getElementById(this.box.dataset.button ?? "");
    if (!(field instanceof HTMLInputElement) || !(button instanceof HTMLButtonElement)) return;
    if (byCamera) sessionStorage.setItem(BY_CAMERA, "1");
    else sessionStorage.removeItem(BY_CAMERA);
    field.value = text;
    this.say("read");
    button.click();
  }

  private camera(): void {
    const button = this.button;
    const video = this.part<HTMLVideoElement>("video");
    if (!button || !video || !navigator.mediaDevices) return;
    const [start, stop] = [button.textContent ?? "", button.dataset.stop ?? ""];
    let on = false;
    const camera = new Camera(video, this.address, {
      found: (text) => this.found(text, true),
      other: (text) => this.say("other", text),
      say: (name) => this.say(name),
      running: (now) => {
        on = now;
        button.textContent = now ? stop : start;
      },
    });
    button.hidden = false;
    button.addEventListener("click", () => void camera.toggle(!on));
    const next = "next" in this.box.dataset && sessionStorage.getItem(BY_CAMERA);
    if (next) button.focus();
  }

  private photo(): void {
    const place = this.part("photo");
    const input = place?.querySelector("input");
    if (!place || !input) return;
    place.hidden = false;
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      if (!file) return;
      this.say("reading");
      this.textsOf(file)
        .then((texts) => {
          const text = lorawan(texts);
          if (text) this.found(text, false);
          else this.say(texts[0] ? "other" : "none", texts[0]);
        })
        .catch((error: unknown) => this.say(error instanceof DOMException ? "picture" : "failed"))
        .finally(() => {
          input.value = "";
        });
    });
  }

  private async textsOf(file: File): Promise<string[]> {
    // A DOMException: the browser cannot open this as a picture.
    const photo = await createImageBitmap(file);
    try {
      return await (await forPhoto(this.address))(photo);
    } finally {
      photo.close();
    }
  }
}

/** The second key is unfolded when the chosen model speaks LoRaWAN 1.1. */
function secondKey(): void {
  const models = document.querySelector<HTMLSelectElement>("select[data-two-keys]");
  const box = document.querySelector<HTMLDetailsElement>("[data-two-keys-box]");
  if (!models || !box) return;
  models.addEventListener("change", () => {
    if ((models.dataset.twoKeys ?? "").split(" ").includes(models.value) && models.value) box.open = true;
  });
}

document.querySelectorAll<HTMLElement>("[data-label-reader]").forEach((box) => new Reader(box));
secondKey();
