/** QR codes out of pixels, for browsers that cannot do it themselves. A bundle of its own: fetched when somebody scans. */
import decodeQR, { type FinderPoints } from "qr/decode.js";

/** A label may carry the maker's own code beside the one of LoRaWAN. */
const MOST_CODES = 3;

/**
 * The texts of the codes in `picture`, at most three; its pixels are written over where one was found.
 * `milliseconds` may be spent on a code that is hard to read.
 */
export function read(picture: ImageData, milliseconds: number): string[] {
  const texts: string[] = [];
  const options = { format: "RGBA", effort: milliseconds > 100 ? 8 : 2, timeLimit: milliseconds } as const;
  for (let count = 0; count < MOST_CODES; count += 1) {
    let at: FinderPoints["boundingBox"] | undefined;
    const pointsOnDetect = (points: FinderPoints): void => {
      at = points.boundingBox;
    };
    try {
      texts.push(decodeQR(picture, { ...options, pointsOnDetect }));
    } catch {
      return texts;
    }
    if (!at) return texts;
    wipe(picture, at);
  }
  return texts;
}

function wipe(picture: ImageData, at: { x: number; y: number; width: number; height: number }): void {
  const left = Math.max(0, Math.floor(at.x));
  const right = Math.min(picture.width, Math.ceil(at.x + at.width));
  const bottom = Math.min(picture.height, Math.ceil(at.y + at.height));
  for (let y = Math.max(0, Math.floor(at.y)); y < bottom; y += 1) {
    picture.data.fill(255, (y * picture.width + left) * 4, (y * picture.width + Math.max(left, right)) * 4);
  }
}
