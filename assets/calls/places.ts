import * as L from "leaflet";
import { fit, openMap } from "../map/base";
import { Drawing } from "./place_drawing";
import { drawPlace } from "./place_marks";
import { type Corner, type Place, input, isUntouched, read, write } from "./place_rows";

/** Two presses on one point within these milliseconds are one. */
const TWICE = 400;

/** The list of places and its map. Without this the list alone is the form. */
class Editor {
  private readonly map: L.Map;
  private readonly layer: L.LayerGroup;
  private readonly list: HTMLElement;
  private readonly drawing: Drawing;
  private readonly looks = new Map<HTMLElement, (chosen: boolean) => void>();
  private chosen: HTMLElement | undefined;
  private made = 0;
  private waiting = 0;
  private own = false;
  private pressed = L.point(0, 0);
  private pressedAt = 0;

  constructor(private readonly box: HTMLElement, ground: HTMLElement) {
    this.list = box.querySelector<HTMLElement>("[data-place-rows]") as HTMLElement;
    this.made = Number(this.list.dataset.placeRows);
    for (const item of box.querySelectorAll<HTMLElement>("[data-place-plain]")) item.remove();
    for (const item of box.querySelectorAll<HTMLElement>("[data-place-script]")) item.hidden = false;
    this.map = openMap(ground, { editing: true });
    this.map.doubleClickZoom.disable();
    this.layer = L.layerGroup().addTo(this.map);
    this.drawing = new Drawing(this.map, box, (corners) => this.addArea(corners), (text) => this.say(text));
    const last = this.places().pop();
    if (last && last.number > 1 && isUntouched(last)) last.row.remove();
    for (const place of this.places()) this.upgrade(place.row);
    this.draw();
    fit(this.map, L.latLngBounds(this.places().flatMap((place) => place.corners)));
    this.listen(ground);
  }

  private places(): Place[] {
    const rows = this.list.querySelectorAll<HTMLElement>("[data-place-row]");
    return [...rows].map((row, index) => read(row, index + 1));
  }

  private word(name: string, ...values: (string | number)[]): string {
    return (this.box.dataset[name] ?? "").replace(/\{(\d)\}/g, (_all, index) => String(values[Number(index)] ?? ""));
  }

  private say(text: string): void {
    const place = this.box.querySelector<HTMLElement>("[data-place-says]");
    if (place) place.textContent = text;
  }

  private listen(ground: HTMLElement): void {
    this.list.addEventListener("input", () => {
      if (this.own) return;
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.draw(), 150);
    });
    this.list.addEventListener("change", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-place-row]");
      if (this.own || !row) return;
      this.draw();
      this.look(read(row, 0));
    });
    this.list.addEventListener("focusin", (event) => this.choose((event.target as Element).closest<HTMLElement>("[data-place-row]") ?? undefined));
    this.map.on("click", (event) => {
      const twice = Date.now() - this.pressedAt < TWICE && event.containerPoint.distanceTo(this.pressed) < 8;
      this.pressed = event.containerPoint;
      this.pressedAt = Date.now();
      if (!twice) this.at([event.latlng.lat, event.latlng.lng]);
    });
    ground.addEventListener("keydown", (event) => {
      if (event.target !== ground) return;
      if (event.key === "Enter") {
        event.preventDefault();
        this.atCentre();
      } else if (event.key === "Escape") this.drawing.stop();
    });
    const acts: Record<string, () => void> = {
      centre: () => this.atCentre(),
      corner: () => this.atCentre(),
      row: () => input(this.add("point"), "name")?.focus(),
    };
    for (const [name, act] of Object.entries(acts)) {
      this.box.querySelector(`[data-place-act="${name}"]`)?.addEventListener("click", act);
    }
  }

  private atCentre(): void {
    const centre = this.map.getCenter();
    this.at([centre.lat, centre.lng]);
  }

  /** A place on the map was pressed: the next corner of the area being drawn, else a new point. */
  private at(corner: Corner): void {
    if (this.drawing.active) this.drawing.corner(corner);
    else this.addPoint(corner);
  }

  private addPoint(corner: Corner): void {
    const empty = this.places().filter((place) => !place.area && !place.corners.length);
    const open = empty.find((place) => place.row === this.chosen && !input(place.row, "latitude")?.value) ?? empty.find(isUntouched);
    this.fill(open?.row ?? this.add("point"), [corner]);
  }

  private addArea(corners: Corner[]): void {
    this.fill(this.add("area"), corners);
  }

  private fill(row: HTMLElement, corners: Corner[]): void {
    this.write(row, corners);
    this.undecided();
    this.draw();
    this.choose(row);
    this.reveal(row);
    this.say(this.word("added", this.numberOf(row)));
  }

  private write(row: HTMLElement, corners: Corner[]): void {
    this.own = true;
    write(row, corners);
    this.own = false;
  }

  /** A place is there, so “not decided yet” no longer holds. */
  private undecided(): void {
    const box = document.querySelector<HTMLInputElement>("input[name=place_undecided]:checked");
    if (box) box.click();
  }

  private numberOf(row: HTMLElement): number {
    return this.places().find((place) => place.row === row)?.number ?? 0;
  }

  private add(kind: "point" | "area"): HTMLElement {
    const source = this.box.querySelector<HTMLTemplateElement>(`[data-place-template="${kind}"]`) as HTMLTemplateElement;
    const frame = document.createElement("ol");
    frame.innerHTML = source.innerHTML.replaceAll("__N__", String(this.made));
    this.made += 1;
    const row = frame.querySelector<HTMLElement>("[data-place-row]") as HTMLElement;
    // An untouched row stays last: the new one comes before it.
    const last = this.places().pop();
    if (last && isUntouched(last) && kind === "area") last.row.before(row);
    else this.list.append(row);
    this.upgrade(row);
    this.draw();
    return row;
  }

  /** In a row of the script's, a button takes it away at once. */
  private upgrade(row: HTMLElement): void {
    row.querySelector<HTMLElement>("[data-place-check]")?.remove();
    const button = row.querySelector<HTMLElement>("[data-place-remove]");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => this.remove(row));
  }

  private remove(row: HTMLElement): void {
    const number = this.numberOf(row);
    const next = (row.nextElementSibling ?? row.previousElementSibling) as HTMLElement | null;
    row.remove();
    if (this.chosen === row) this.chosen = undefined;
    this.list.dispatchEvent(new Event("change", { bubbles: true }));
    const after = next ?? this.add("point");
    this.draw();
    input(after, "name")?.focus();
    this.say(this.word("removed", number));
  }

  private draw(): void {
    this.layer.clearLayers();
    this.looks.clear();
    for (const place of this.places()) {
      const badge = place.row.querySelector<HTMLElement>("[data-place-number]");
      if (badge) badge.textContent = String(place.number);
      if (!place.corners.length) continue;
      const label = this.word("mark", place.number, place.name);
      const look = drawPlace(this.map, this.layer, place, label, {
        chosen: (it) => {
          this.choose(it.row);
          this.reveal(it.row);
        },
        moved: (it) => this.write(it.row, it.corners),
      });
      this.looks.set(place.row, look);
      if (place.row === this.chosen) look(true);
    }
  }

  private choose(row: HTMLElement | undefined): void {
    if (row === this.chosen) return;
    if (this.chosen) this.looks.get(this.chosen)?.(false);
    this.chosen?.classList.remove("place-row-chosen");
    this.chosen = row;
    row?.classList.add("place-row-chosen");
    if (row) this.looks.get(row)?.(true);
  }

  /** Bring the row into view where the list stands beside the map; on a phone the map would go out of it. */
  private reveal(row: HTMLElement): void {
    if (matchMedia("(min-width: 1200px)").matches) row.scrollIntoView({ block: "nearest" });
  }

  private look(place: Place): void {
    if (!place.corners.length || this.map.getBounds().contains(L.latLngBounds(place.corners))) return;
    fit(this.map, L.latLngBounds(place.corners));
  }
}

/** Places to read: the map beside the list. */
function show(ground: HTMLElement, list: HTMLElement | null): void {
  const map = openMap(ground, { editing: false });
  const layer = L.layerGroup().addTo(map);
  const source = document.getElementById(ground.dataset.places ?? "");
  const items = JSON.parse(source?.textContent ?? "[]") as { number: number; label: string; area: boolean; corners: Corner[] }[];
  const looks = new Map<number, (chosen: boolean) => void>();
  const rows = [...(list?.querySelectorAll<HTMLElement>("[data-marker]") ?? [])];
  const choose = (number: number) => {
    for (const [other, look] of looks) look(other === number);
    for (const row of rows) row.classList.toggle("selected", Number(row.dataset.marker) === number);
  };
  for (const item of items) {
    const place: Place = { ...item, row: ground, name: "" };
    looks.set(item.number, drawPlace(map, layer, place, item.label, { chosen: () => choose(item.number) }));
  }
  for (const row of rows) row.addEventListener("mouseenter", () => choose(Number(row.dataset.marker)));
  fit(map, L.latLngBounds(items.flatMap((item) => item.corners)));
}

for (const ground of document.querySelectorAll<HTMLElement>("[data-places]")) {
  if (ground.dataset.drawn) continue;
  ground.dataset.drawn = "1";
  const editor = ground.closest<HTMLElement>("[data-place-editor]");
  const list = document.querySelector<HTMLElement>(`[data-map-list="${ground.id}"]`);
  if (editor) new Editor(editor, ground);
  else show(ground, list);
}
