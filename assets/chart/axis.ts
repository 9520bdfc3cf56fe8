/** Words and numbers on the axes, in the page's language and the city's time zone. */

export interface Words {
  number(value: number, places?: number): string;
  hour(seconds: number, first: boolean): string;
  day(seconds: number): string;
}

const MINUS = "\u2212";

export function words(language: string, timeZone: string): Words {
  const japanese = language.startsWith("ja");
  const part = (seconds: number, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(japanese ? "ja-JP" : "en-GB", { timeZone, ...options }).format(new Date(seconds * 1000));
  const hourOf = (seconds: number) =>
    Number(new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" }).format(new Date(seconds * 1000)));
  const date = (seconds: number) => part(seconds, { month: japanese ? "long" : "short", day: "numeric" });
  const now = Date.now() / 1000;
  const near: [string, string][] = [
    [date(now), japanese ? "今日" : "today"],
    [date(now - 86_400), japanese ? "昨日" : "yesterday"],
  ];
  const day = (seconds: number) => {
    const close = Math.abs(now - seconds) < 3 * 86_400 ? near.find(([text]) => text === date(seconds)) : undefined;
    return close?.[1] ?? date(seconds);
  };
  return {
    number: (value, places = 0) =>
      value
        .toLocaleString(japanese ? "ja-JP" : "en-GB", { minimumFractionDigits: places, maximumFractionDigits: places })
        .replace("-", MINUS),
    hour: (seconds, first) => {
      const hour = hourOf(seconds);
      const minute = Math.floor(seconds / 60) % 60;
      const clock = japanese && minute === 0 ? `${hour}時` : `${hour}:${String(minute).padStart(2, "0")}`;
      return first || (hour === 0 && minute === 0) ? `${day(seconds)} ${clock}` : clock;
    },
    day,
  };
}

/** About how wide ``text`` is on an axis (13 px), in pixels. */
export function widthOf(text: string): number {
  return [...text].reduce((sum, letter) => sum + (letter > "\u2e7f" ? 13 : 7.5), 0);
}

/** Places after the point that a step between grid lines needs. */
export function placesOf(step: number): number {
  return Math.max(0, Math.min(4, Math.ceil(-Math.log10(step) - 1e-9)));
}

/** A range that holds all values with round ends, and the step between its grid lines (about four). */
export function niceRange(low: number, high: number, fromZero: boolean): { min: number; max: number; step: number } {
  const bottom = fromZero ? Math.min(0, low) : low;
  const span = high - bottom || Math.abs(high) || 1;
  const raw = span / 4;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 3, 5, 10].find((factor) => factor * size >= raw * 0.999) ?? 10) * size;
  const min = Math.floor(bottom / step + 1e-9) * step;
  const max = Math.ceil(high / step - 1e-9) * step;
  return { min, max: max > min ? max : min + step, step };
}

/** Steps of time that fall on round minutes, hours or days, at most ``most`` labels. */
export function timeSteps(from: number, to: number, most: number, offset: number): { values: number[]; daily: boolean } {
  const hour = 3600;
  const choices = [1 / 12, 1 / 6, 1 / 4, 1 / 2, 1, 2, 3, 6, 12, 24, 48, 72, 120, 168, 336, 720].map((count) => count * hour);
  const step = choices.find((size) => (to - from) / size <= most) ?? 2160 * hour;
  const values: number[] = [];
  for (let t = Math.ceil((from + offset) / step) * step - offset; t <= to; t += step) values.push(t);
  return { values, daily: step >= 24 * hour };
}

/** Seconds that ``timeZone`` is ahead of UTC at ``seconds``. */
export function zoneOffset(seconds: number, timeZone: string): number {
  const date = new Date(seconds * 1000);
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(date);
  const get = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const local = Date.UTC(get("year"), get("month") - 1, get("day"), get("hour"), get("minute"), get("second"));
  return Math.round((local - Math.floor(date.getTime() / 1000) * 1000) / 1000);
}
