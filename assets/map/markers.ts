import * as L from "leaflet";

export interface MarkerData {
  lat: number;
  lon: number;
  number?: number;
  family: string;
  state: string;
  title: string;
  url?: string;
}

export interface Shape {
  svg: string;
  tone: string;
  word: string;
}

const NEAR = 34;
/** So many numbers of a cluster are said. */
const SAID = 8;

/** Markers with their numbers, gathered in clusters where they would lie on one another. */
export class Markers {
  private readonly layer = L.layerGroup();
  private readonly shown = new Map<number, L.Marker>();
  private selected: number | undefined;

  constructor(
    private readonly map: L.Map,
    private readonly data: MarkerData[],
    private readonly shapes: Record<string, Shape>,
    private readonly list: HTMLElement | null,
  ) {
    this.layer.addTo(map);
    map.on("zoomend", () => this.draw());
    map.on("popupclose", () => this.select(undefined));
    for (const row of list?.querySelectorAll<HTMLElement>("[data-marker]") ?? []) {
      const number = Number(row.dataset.marker);
      row.addEventListener("mouseenter", () => this.select(number));
      row.addEventListener("focusin", () => this.select(number));
    }
    this.draw();
  }

  bounds(): L.LatLngBounds {
    return L.latLngBounds(this.data.map((item) => [item.lat, item.lon]));
  }

  private draw(): void {
    this.layer.clearLayers();
    this.shown.clear();
    const left = [...this.data];
    while (left.length) {
      const first = left.shift() as MarkerData;
      const at = this.map.latLngToLayerPoint([first.lat, first.lon]);
      const near = left.filter((item) => this.map.latLngToLayerPoint([item.lat, item.lon]).distanceTo(at) < NEAR);
      for (const item of near) left.splice(left.indexOf(item), 1);
      if (near.length && this.map.getZoom() < this.map.getMaxZoom()) this.cluster([first, ...near]);
      else for (const item of [first, ...near]) this.single(item);
    }
    this.mark();
  }

  private add(at: L.LatLngExpression, className: string, html: HTMLElement, label: string, size: number): L.Marker {
    const icon = L.divIcon({ className, html, iconSize: [size, size] });
    const marker = L.marker(at, { icon, keyboard: true }).addTo(this.layer);
    marker.getElement()?.setAttribute("aria-label", label);
    return marker;
  }

  private single(item: MarkerData): void {
    const shape = this.shapes[`${item.family}:${item.state}`];
    const html = document.createElement("span");
    html.className = `marker-shape tone-${shape?.tone ?? "key"}`;
    html.innerHTML = shape?.svg ?? "";
    if (item.number !== undefined) {
      const badge = html.appendChild(document.createElement("span"));
      badge.className = "marker-number";
      badge.textContent = String(item.number);
    }
    const label = [item.number, shape?.word, item.title].filter((part) => part !== undefined && part !== "").join(" ");
    const marker = this.add([item.lat, item.lon], "marker", html, label, 30);
    marker.bindPopup(() => this.popup(item, shape), { closeButton: true, maxWidth: 260, autoPanPaddingTopLeft: [64, 16], autoPanPaddingBottomRight: [16, 16] });
    marker.on("popupopen", () => this.select(item.number));
    if (item.number !== undefined) this.shown.set(item.number, marker);
  }

  private popup(item: MarkerData, shape: Shape | undefined): HTMLElement {
    const box = document.createElement("div");
    const state = box.appendChild(document.createElement("p"));
    state.className = "note";
    state.textContent = [item.number, shape?.word].filter((part) => part !== undefined).join("　");
    const title = box.appendChild(document.createElement("p"));
    title.className = "item-title";
    const text = title.appendChild(document.createElement(item.url ? "a" : "span"));
    if (text instanceof HTMLAnchorElement && item.url) text.href = item.url;
    text.textContent = item.title;
    return box;
  }

  private cluster(items: MarkerData[]): void {
    const bounds = L.latLngBounds(items.map((item) => [item.lat, item.lon]));
    const html = document.createElement("span");
    html.textContent = String(items.length);
    const numbers = items.map((item) => item.number).filter((number) => number !== undefined);
    const some = numbers.slice(0, SAID).join(", ") + (numbers.length > SAID ? "…" : "");
    const label = [`${items.length} (${some})`, this.flag(items, html)].filter((part) => part).join(" ");
    const marker = this.add(bounds.getCenter(), "marker-cluster", html, label, 40);
    const open = () => this.map.fitBounds(bounds, { padding: [60, 60], maxZoom: this.map.getMaxZoom() });
    marker.on("click", open);
    marker.on("keypress", (event) => {
      if ((event as L.LeafletKeyboardEvent).originalEvent.key === "Enter") open();
    });
    for (const item of items) if (item.number !== undefined) this.shown.set(item.number, marker);
  }

  /** The sign of the worst that a cluster holds, so that no fault hides in it; its word and how many. */
  private flag(items: MarkerData[], html: HTMLElement): string {
    for (const tone of ["error", "attention"]) {
      const bad = items.filter((item) => this.shapes[`${item.family}:${item.state}`]?.tone === tone);
      const shape = bad[0] && this.shapes[`${bad[0].family}:${bad[0].state}`];
      if (!shape) continue;
      const sign = html.appendChild(document.createElement("span"));
      sign.className = `marker-flag tone-${tone}`;
      sign.innerHTML = shape.svg;
      return `${shape.word} ${bad.length}`;
    }
    return "";
  }

  private select(number: number | undefined): void {
    this.selected = number;
    this.mark();
  }

  private mark(): void {
    const chosen = this.selected === undefined ? undefined : this.shown.get(this.selected);
    for (const marker of this.shown.values()) {
      marker.getElement()?.classList.toggle("marker-selected", marker === chosen);
      marker.setZIndexOffset(marker === chosen ? 1000 : 0);
    }
    for (const row of this.list?.querySelectorAll<HTMLElement>("[data-marker]") ?? []) {
      row.classList.toggle("selected", Number(row.dataset.marker) === this.selected);
    }
  }
}
