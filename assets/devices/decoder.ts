/** Reading QR codes: by the browser where it can (`BarcodeDetector`), else by our own bundle. */

export type Source = HTMLVideoElement | ImageBitmap;
/** The texts of the codes that are in a picture now. */
export type Decoder = (source: Source) => Promise<string[]>;

interface Detector {
  detect(source: Source): Promise<{ rawValue: string }[]>;
}
interface DetectorType {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}
type Bundle = typeof import("./qr");

/** A photo is looked at in several sizes: a small code needs many pixels, a blurred one few. */
const PHOTO_SIZES = [1600, 1000, 600];
const FRAME_SIZE = 1000;
/** What a hard code may take, in milliseconds: a frame is followed by the next, a photo is all there is. */
const FOR_A_FRAME = 30;
const FOR_A_PHOTO = 700;

/** The text that a LoRaWAN device's label has (LoRa Alliance TR005), if one of `texts` is it. */
export function lorawan(texts: string[]): string | undefined {
  return texts.find((text) => /^\s*LW:/i.test(text));
}

/** For the frames of a camera; `address` is our bundle's, fetched only where it is needed. */
export async function forFrames(address: string): Promise<Decoder> {
  const own = await native();
  if (own) return own;
  const bundle = (await import(address)) as Bundle;
  return async (video) => bundle.read(pixels(video, FRAME_SIZE), FOR_A_FRAME);
}

/** For one photo. What the browser's own reader does not find, ours may. */
export async function forPhoto(address: string): Promise<Decoder> {
  const own = await native();
  return async (photo) => {
    const first = own ? await own(photo) : [];
    if (lorawan(first)) return first;
    const bundle = (await import(address)) as Bundle;
    const seen = new Set(first);
    for (const size of PHOTO_SIZES) {
      for (const text of bundle.read(pixels(photo, size), FOR_A_PHOTO)) seen.add(text);
      if (lorawan([...seen])) break;
    }
    return [...seen];
  };
}

/** The browser's own reader, or nothing: some have the name but no QR codes. */
async function native(): Promise<Decoder | undefined> {
  const Type = (window as unknown as { BarcodeDetector?: DetectorType }).BarcodeDetector;
  const formats = await Type?.getSupportedFormats().catch(() => [] as string[]);
  if (!Type || !formats?.includes("qr_code")) return undefined;
  const detector = new Type({ formats: ["qr_code"] });
  return async (source) => {
    const codes = await detector.detect(source).catch(() => []);
    return codes.map((code) => code.rawValue);
  };
}

let canvas: HTMLCanvasElement | undefined;

function pixels(source: Source, size: number): ImageData {
  const video = source instanceof HTMLVideoElement;
  const [width, height] = video ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
  const scale = Math.min(1, size / Math.max(width, height, 1));
  canvas ??= document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser has no canvas.");
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
