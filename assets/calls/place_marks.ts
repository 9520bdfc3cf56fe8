import * as L from "leaflet";
import type { Corner, Place } from "./place_rows";

export interface Marks {
  /** A place was chosen on the map. */
  chosen(place: Place): void;
  /** A place was moved; undefined: it cannot be moved. */
  moved?: ((place: Place) => void) | undefined;
}

const STEP = 8;
const ARROWS: Record<string, Corner> = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function mark(className: string, text: string, label: string, at: Corner, draggable: boolean): L.Marker {
  const html = document.createElement("span");
  html.textContent = text;
  const icon = L.divIcon({ className, html, iconSize: [44, 44] });
  const marker = L.marker(at, { icon, draggable, keyboard: true, autoPan: true });
  marker.on("add", () => marker.getElement()?.setAttribute("aria-label", label));
  return marker;
}

/** Move `marker`, which is on the map, with the arrow keys, farther with Shift. */
function byKeys(map: L.Map, marker: L.Marker, moved: () => void, other?: (key: string) => boolean): void {
  marker.getElement()?.addEventListener("keydown", (event) => {
    const way = ARROWS[event.key];
    if (!way && !other?.(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!way) return;
    const far = event.shiftKey ? STEP * 5 : STEP;
    const at = map.latLngToContainerPoint(marker.getLatLng()).add([way[0] * far, way[1] * far]);
    marker.setLatLng(map.containerPointToLatLng(at));
    moved();
    map.panInside(marker.getLatLng(), { padding: [40, 40] });
  });
}

const plain = (at: L.LatLng): Corner => [Number(at.lat.toFixed(5)), Number(at.wrap().lng.toFixed(5))];

function middle(corners: Corner[]): Corner {
  const centre = L.latLngBounds(corners).getCenter();
  return [centre.lat, centre.lng];
}

/** Draw one place; the returned call takes the look of a chosen one on or off. */
export function drawPlace(map: L.Map, layer: L.LayerGroup, place: Place, label: string, on: Marks): (chosen: boolean) => void {
  const shape = place.area ? L.polygon(place.corners, { className: "place-area", smoothFactor: 0 }).addTo(layer) : undefined;
  const at = place.area ? middle(place.corners) : (place.corners[0] as Corner);
  const marker = mark("place-mark", String(place.number), label, at, on.moved !== undefined).addTo(layer);
  const corners = L.layerGroup();
  const follow = () => {
    const to = marker.getLatLng();
    const from = L.latLng(place.area ? middle(place.corners) : (place.corners[0] as Corner));
    place.corners = place.corners.map(([lat, lon]) => plain(L.latLng(lat + to.lat - from.lat, lon + to.lng - from.lng)));
    shape?.setLatLngs(place.corners);
  };
  marker.on("click", () => on.chosen(place));
  marker.on("keypress", (event) => (event as unknown as { originalEvent: KeyboardEvent }).originalEvent.key === "Enter" && on.chosen(place));
  shape?.on("click", (event) => {
    L.DomEvent.stop(event);
    on.chosen(place);
  });
  if (on.moved) {
    const moved = on.moved;
    const done = () => {
      follow();
      moved(place);
    };
    marker.on("dragstart", () => corners.clearLayers());
    marker.on("drag", () => shape && follow());
    marker.on("dragend", done);
    byKeys(map, marker, done);
  }
  return (chosen) => {
    marker.getElement()?.classList.toggle("place-mark-chosen", chosen);
    marker.setZIndexOffset(chosen ? 1000 : 0);
    shape?.getElement()?.classList.toggle("place-area-chosen", chosen);
    corners.clearLayers();
    if (chosen && shape && on.moved) drawCorners(map, corners.addTo(layer), place, shape, marker, on.moved, label);
  };
}

/** The corners of the chosen area, each to be moved, or taken away with Delete. */
function drawCorners(
  map: L.Map, layer: L.LayerGroup, place: Place, shape: L.Polygon, centre: L.Marker, moved: (place: Place) => void, label: string,
): void {
  place.corners.forEach((corner, index) => {
    const handle = mark("place-corner", "", `${label} (${index + 1})`, corner, true).addTo(layer);
    const follow = () => {
      place.corners[index] = plain(handle.getLatLng());
      shape.setLatLngs(place.corners);
      centre.setLatLng(middle(place.corners));
    };
    const done = () => {
      follow();
      moved(place);
    };
    handle.on("drag", follow);
    handle.on("dragend", done);
    byKeys(map, handle, done, (key) => {
      if (key !== "Delete" || place.corners.length <= 3) return false;
      place.corners.splice(index, 1);
      shape.setLatLngs(place.corners);
      moved(place);
      layer.clearLayers();
      drawCorners(map, layer, place, shape, centre, moved, label);
      centre.getElement()?.focus();
      return true;
    });
  });
}
