/** The rows of the list of places: they are the form, the map only writes into them. */
export type Corner = [number, number];

export interface Place {
  row: HTMLElement;
  number: number;
  name: string;
  area: boolean;
  corners: Corner[];
}

const JAPAN = { south: 20, north: 46, west: 122, east: 154.5 };

function corner(first: string, second: string): Corner | undefined {
  const [a, b] = [first, second].map((text) => (/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN)) as Corner;
  for (const [lat, lon] of [[a, b], [b, a]] as Corner[]) {
    if (lat >= JAPAN.south && lat <= JAPAN.north && lon >= JAPAN.west && lon <= JAPAN.east) return [lat, lon];
  }
  return undefined;
}

function pair(text: string): Corner | undefined {
  const parts = text.normalize("NFKC").trim().split(/\s*[,、;/]\s*|\s+/);
  return parts.length === 2 ? corner(parts[0] ?? "", parts[1] ?? "") : undefined;
}

export function input(row: HTMLElement, part: string): HTMLInputElement | HTMLTextAreaElement | null {
  return row.querySelector(`[name$="-${part}"]`);
}

function text(row: HTMLElement, part: string): string {
  return (input(row, part)?.value ?? "").normalize("NFKC").trim();
}

export function read(row: HTMLElement, number: number): Place {
  const name = input(row, "name")?.value.trim() ?? "";
  const lines = input(row, "corners")?.value;
  if (lines === undefined) {
    const at = corner(text(row, "latitude"), text(row, "longitude")) ?? (text(row, "longitude") ? undefined : pair(text(row, "latitude")));
    return { row, number, name, area: false, corners: at ? [at] : [] };
  }
  const found = lines.split("\n").map(pair).filter((at) => at !== undefined);
  const [first, last] = [found[0], found[found.length - 1]];
  if (found.length > 1 && first?.[0] === last?.[0] && first?.[1] === last?.[1]) found.pop();
  return { row, number, name, area: true, corners: found };
}

export function isUntouched(place: Place): boolean {
  const typed = ["latitude", "longitude", "corners"].some((part) => text(place.row, part));
  return !place.name && !typed;
}

/** Write coordinates into a row, and tell the page that the form changed. */
export function write(row: HTMLElement, corners: Corner[]): void {
  const lines = corners.map(([lat, lon]) => [lat.toFixed(5), lon.toFixed(5)] as const);
  const area = input(row, "corners");
  const values: [typeof area, string][] = area
    ? [[area, lines.map((line) => line.join(", ")).join("\n")]]
    : [[input(row, "latitude"), lines[0]?.[0] ?? ""], [input(row, "longitude"), lines[0]?.[1] ?? ""]];
  for (const [field, value] of values) {
    if (!field || field.value === value) continue;
    field.value = value;
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  }
}
