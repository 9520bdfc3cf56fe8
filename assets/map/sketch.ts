import * as L from "leaflet";

/**
 * A schematic ground for when no tiles are configured: the sea, three rivers and two railways of
 * Toyama, drawn by hand for this portal. It is a sample, not to scale, and is labelled so.
 */
type Line = [number, number][];

const SEA: Line = [
  [36.862, 136.9], [36.8, 137.02], [36.785, 137.08], [36.774, 137.13], [36.763, 137.18], [36.758, 137.222],
  [36.762, 137.26], [36.769, 137.3], [36.783, 137.335], [36.803, 137.372], [36.838, 137.415], [36.9, 137.46],
  [37.3, 137.6], [37.3, 136.9],
];
const JINZU: Line = [
  [36.4, 137.26], [36.5, 137.23], [36.56, 137.212], [36.6, 137.206], [36.64, 137.192], [36.673, 137.189], [36.7, 137.198],
  [36.728, 137.212], [36.76, 137.222],
];
const JOGANJI: Line = [
  [36.42, 137.52],   [36.55, 137.4], [36.58, 137.352], [36.62, 137.318], [36.66, 137.302], [36.7, 137.292], [36.74, 137.286],
  [36.769, 137.292],
];
const IDA: Line = [[36.44, 137.08], [36.53, 137.11], [36.575, 137.138], [36.615, 137.156], [36.65, 137.176], [36.673, 137.189]];
const ITACHI: Line = [[36.56, 137.33], [36.62, 137.282], [36.655, 137.252], [36.685, 137.226], [36.705, 137.218], [36.742, 137.224]];
const MAIN_RAIL: Line = [
  [36.74, 136.8], [36.73, 136.98], [36.722, 137.08], [36.707, 137.15], [36.7013, 137.2131], [36.716, 137.248], [36.729, 137.292],
  [36.748, 137.345], [36.79, 137.4], [36.83, 137.44], [36.87, 137.5],
];
const BRANCH_RAIL: Line = [
  [36.7013, 137.2131], [36.684, 137.198], [36.655, 137.181], [36.61, 137.152], [36.58, 137.172], [36.52, 137.225], [36.42, 137.25],
];
const NAMES: { at: [number, number]; ja: string; en: string; kind: string }[] = [
  { at: [36.812, 137.235], ja: "富山湾", en: "Toyama Bay", kind: "water" },
  { at: [36.632, 137.202], ja: "神通川", en: "Jinzu River", kind: "water" },
  { at: [36.655, 137.312], ja: "常願寺川", en: "Joganji River", kind: "water" },
  { at: [36.7013, 137.2131], ja: "富山駅", en: "Toyama Station", kind: "station" },
];

export function sketch(map: L.Map): void {
  const still = { interactive: false, noClip: true };
  L.polygon(SEA, { ...still, className: "sketch-sea" }).addTo(map);
  for (const river of [JINZU, JOGANJI]) L.polyline(river, { ...still, className: "sketch-river" }).addTo(map);
  for (const river of [IDA, ITACHI]) L.polyline(river, { ...still, className: "sketch-stream" }).addTo(map);
  L.polyline(MAIN_RAIL, { ...still, className: "sketch-rail" }).addTo(map);
  L.polyline(MAIN_RAIL, { ...still, className: "sketch-rail-ties" }).addTo(map);
  L.polyline(BRANCH_RAIL, { ...still, className: "sketch-branch" }).addTo(map);
  const japanese = document.documentElement.lang.startsWith("ja");
  for (const name of NAMES) {
    const span = document.createElement("span");
    span.textContent = japanese ? name.ja : name.en;
    const icon = L.divIcon({ className: `sketch-name sketch-${name.kind}`, html: span, iconSize: [0, 0] });
    L.marker(name.at, { icon, interactive: false, keyboard: false, zIndexOffset: -1000 }).addTo(map);
  }
}
