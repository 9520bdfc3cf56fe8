import { fit, openMap } from "./base";
import { Markers, type MarkerData, type Shape } from "./markers";
import { pick } from "./pick";
import { squares, type SquareData } from "./squares";

interface MapData {
  markers: MarkerData[];
  shapes: Record<string, Shape>;
  squares?: SquareData[];
  center?: [number, number];
  zoom?: number;
}

function show(element: HTMLElement): void {
  const source = document.getElementById(element.dataset.map ?? "");
  if (!source?.textContent || element.dataset.drawn) return;
  element.dataset.drawn = "1";
  const data = JSON.parse(source.textContent) as MapData;
  const words = element.dataset;
  const inputs = (words.pick ?? "").split(" ").map((id) => document.getElementById(id));
  const picking = inputs.length === 2 && inputs.every((input) => input instanceof HTMLInputElement);
  const map = openMap(element, { editing: picking, center: data.center, zoom: data.zoom });
  const drawn = squares(map, data.squares ?? []);
  const list = document.querySelector<HTMLElement>(`[data-map-list="${element.id}"]`);
  const markers = new Markers(map, data.markers ?? [], data.shapes ?? {}, list);
  if (!data.center) fit(map, markers.bounds().extend(drawn));
  const [latitude, longitude] = inputs;
  if (picking && latitude instanceof HTMLInputElement && longitude instanceof HTMLInputElement) {
    pick(map, latitude, longitude, words.place ?? "");
  }
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
