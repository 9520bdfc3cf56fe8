import * as L from "leaflet";
import { sketch } from "./sketch";

/** The ground of every map: the configured tiles, else the bundled sketch, labelled as one. */
function ground(map: L.Map, words: DOMStringMap): void {
  if (words.tiles) {
    L.tileLayer(words.tiles, { maxZoom: 19, attribution: words.attribution ?? "" }).addTo(map);
    return;
  }
  sketch(map);
  map.attributionControl.addAttribution(words.sketch ?? "");
}

interface Opening {
  /** The map takes the place of a form field: a finger moves it instead of the page. */
  editing: boolean;
  center?: [number, number];
  zoom?: number;
}

/** A map in `element`, whose data- attributes say where it begins, its tiles and its words. */
export function openMap(element: HTMLElement, { editing, center, zoom }: Opening): L.Map {
  const words = element.dataset;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(element, {
    zoomControl: false,
    scrollWheelZoom: false,
    dragging: !L.Browser.mobile || editing,
    zoomAnimation: !still,
    fadeAnimation: false,
    markerZoomAnimation: !still,
    minZoom: 8,
    maxZoom: words.tiles ? 18 : 15,
  });
  map.attributionControl.setPrefix(false);
  L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
  map.setView(center ?? [Number(words.lat), Number(words.lon)], zoom ?? Number(words.zoom));
  ground(map, words);
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
  return map;
}

/** Show all of `bounds`, not nearer than makes sense on this ground. */
export function fit(map: L.Map, bounds: L.LatLngBounds): void {
  if (!bounds.isValid()) return;
  map.fitBounds(bounds, { padding: [48, 48], maxZoom: map.getMaxZoom() > 15 ? 14 : 11, animate: false });
}
