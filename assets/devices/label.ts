/** Reads the QR code of a device's label, by camera where the browser can, else from a photo. */
import jsQR from "jsqr";

interface FoundCode {
  rawValue: string;
}
interface CodeDetector {
  detect(source: CanvasImageSource): Promise<FoundCode[]>;
}
type DetectorType = new (options: { formats: string[] }) => CodeDetector;

/** A photo is looked at in several sizes: a small code needs many pixels, a blurred one few. */
const SIZES = [1600, 1000, 600];

const detectorType = (): DetectorType | undefined =>
  (window as unknown as { BarcodeDetector?: DetectorType }).BarcodeDetector;

async function textOf(photo: Blob): Promise<string> {
  const picture = await createImageBitmap(photo);
  for (const size of SIZES) {
    const scale = Math.min(1, size / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const context = canvas.getContext("2d");
    if (!context) return "";
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = jsQR(pixels.data, pixels.width, pixels.height);
    if (found?.data) return found.data;
  }
  return "";
}

function reader(box: HTMLElement): void {
  const part = <T extends HTMLElement>(name: string): T | null => box.querySelector<T>(`[data-label-${name}]`);
  const status = part("status");
  const say = (words: string | undefined): void => {
    if (status) status.textContent = words ?? "";
  };
  const found = (text: string): void => {
    const field = document.getElementById(box.dataset.field ?? "");
    const button = document.getElementById(box.dataset.button ?? "");
    if (!(field instanceof HTMLInputElement) || !(button instanceof HTMLButtonElement)) return;
    field.value = text;
    say(box.dataset.sayRead);
    button.click();
  };
  photo(part("photo"), found, say, box.dataset.sayNone);
  camera(box, part<HTMLButtonElement>("camera"), part<HTMLVideoElement>("video"), found, say);
}

function photo(
  place: HTMLElement | null,
  found: (text: string) => void,
  say: (words?: string) => void,
  none: string | undefined,
): void {
  const input = place?.querySelector("input");
  if (!place || !input) return;
  place.hidden = false;
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (!file) return;
    say("");
    textOf(file)
      .catch(() => "")
      .then((text) => (text ? found(text) : say(none)))
      .finally(() => {
        input.value = "";
      });
  });
}

function camera(
  box: HTMLElement,
  button: HTMLButtonElement | null,
  video: HTMLVideoElement | null,
  found: (text: string) => void,
  say: (words?: string) => void,
): void {
  const Detector = detectorType();
  if (!button || !video || !Detector || !navigator.mediaDevices) return;
  button.hidden = false;
  let stream: MediaStream | undefined;
  const stop = (): void => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = undefined;
    video.hidden = true;
  };
  const look = async (detector: CodeDetector): Promise<void> => {
    while (stream) {
      const codes = await detector.detect(video).catch(() => []);
      if (stream && codes[0]) {
        stop();
        found(codes[0].rawValue);
        return;
      }
      await new Promise((resolve) => window.setTimeout(resolve, 200));
    }
  };
  button.addEventListener("click", () => {
    if (stream) {
      stop();
      say("");
      return;
    }
    navigator.mediaDevices
      .getUserMedia({ video: { facingMode: "environment" } })
      .then(async (opened) => {
        stream = opened;
        video.srcObject = opened;
        video.hidden = false;
        say(box.dataset.sayLooking);
        await video.play();
        await look(new Detector({ formats: ["qr_code"] }));
      })
      .catch(() => {
        stop();
        say(box.dataset.sayCamera);
      });
  });
  window.addEventListener("pagehide", stop);
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

document.querySelectorAll<HTMLElement>("[data-label-reader]").forEach(reader);
secondKey();
