import * as L from "leaflet";

export interface SquareData {
  south: number;
  west: number;
  north: number;
  east: number;
  reach: string;
  title: string;
  chosen?: boolean;
}

/** Squares below the markers, told apart by fill and frame; what they say stands in the page's table. */
export function squares(map: L.Map, data: SquareData[]): L.LatLngBounds {
  const bounds = L.latLngBounds([]);
  for (const item of data) {
    const box = L.latLngBounds([item.south, item.west], [item.north, item.east]);
    const className = `square square-${item.reach}${item.chosen ? " square-chosen" : ""}`;
    L.rectangle(box, { className, interactive: true, bubblingMouseEvents: true }).bindTooltip(item.title).addTo(map);
    bounds.extend(box);
  }
  return bounds;
}
