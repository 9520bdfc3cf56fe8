import * as L from "leaflet";
import { Markers, type MarkerData, type Shape } from "./markers";
import { pick } from "./pick";
import { sketch } from "./sketch";

interface MapData {
  markers: MarkerData[];
  shapes: Record<string, Shape>;
  center?: [number, number];
  zoom?: number;
}

function ground(map: L.Map, words: DOMStringMap): void {
  if (words.tiles) {
    L.tileLayer(words.tiles, { maxZoom: 19, attribution: words.attribution ?? "" }).addTo(map);
    return;
  }
  sketch(map);
  map.attributionControl.addAttribution(words.sketch ?? "");
}

function show(element: HTMLElement): void {
  const source = document.getElementById(element.dataset.map ?? "");
  if (!source?.textContent || element.dataset.drawn) return;
  element.dataset.drawn = "1";
  const data = JSON.parse(source.textContent) as MapData;
  const words = element.dataset;
  const inputs = (words.pick ?? "").split(" ").map((id) => document.getElementById(id));
  const picking = inputs.length === 2 && inputs.every((input) => input instanceof HTMLInputElement);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(element, {
    zoomControl: false,
    scrollWheelZoom: false,
    dragging: !L.Browser.mobile || picking,
    zoomAnimation: !still,
    fadeAnimation: false,
    markerZoomAnimation: !still,
    minZoom: 8,
    maxZoom: words.tiles ? 18 : 15,
  });
  map.attributionControl.setPrefix(false);
  L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
  const centre = data.center ?? [Number(words.lat), Number(words.lon)];
  map.setView(centre, data.zoom ?? Number(words.zoom));
  ground(map, words);
  const list = document.querySelector<HTMLElement>(`[data-map-list="${element.id}"]`);
  const markers = new Markers(map, data.markers ?? [], data.shapes ?? {}, list);
  if (!data.center && markers.bounds().isValid()) {
    map.fitBounds(markers.bounds(), { padding: [48, 48], maxZoom: words.tiles ? 14 : 11, animate: false });
  }
  const [latitude, longitude] = inputs;
  if (picking && latitude instanceof HTMLInputElement && longitude instanceof HTMLInputElement) {
    pick(map, latitude, longitude, words.place ?? "");
  }
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
}

function start(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-map]")) show(element);
}

const page = window as unknown as { machitryMap?: boolean };
if (!page.machitryMap) {
  page.machitryMap = true;
  document.addEventListener("htmx:load", (event) => start(event.target as Element));
}
start(document);
