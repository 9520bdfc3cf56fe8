import * as L from "leaflet";
import type { Corner } from "./place_rows";

const NEAR = 20;

/** Drawing an area corner by corner, with the pointer or with “the middle of the map”. */
export class Drawing {
  private corners: Corner[] | undefined;
  private readonly layer: L.LayerGroup;

  constructor(
    private readonly map: L.Map,
    private readonly box: HTMLElement,
    private readonly done: (corners: Corner[]) => void,
    private readonly say: (text: string) => void,
  ) {
    this.layer = L.layerGroup().addTo(map);
    this.on("area", () => this.start());
    this.on("finish", () => this.finish());
    this.on("back", () => {
      this.corners?.pop();
      this.draw();
    });
    this.on("cancel", () => this.stop());
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.active) this.stop();
    });
  }

  get active(): boolean {
    return this.corners !== undefined;
  }

  corner(at: Corner): void {
    const first = this.corners?.[0];
    if (first && (this.corners?.length ?? 0) >= 3) {
      const away = this.map.latLngToContainerPoint(first).distanceTo(this.map.latLngToContainerPoint(at));
      if (away < NEAR) return this.finish();
    }
    this.corners?.push(at);
    this.draw();
  }

  stop(): void {
    if (!this.active) return;
    this.corners = undefined;
    this.layer.clearLayers();
    this.show();
    this.say("");
    this.button("area")?.focus();
  }

  private start(): void {
    this.corners = [];
    this.show();
    this.draw();
    this.map.getContainer().focus({ preventScroll: true });
  }

  private finish(): void {
    const corners = this.corners ?? [];
    if (corners.length < 3) {
      this.say(this.box.dataset.fewCorners ?? "");
      return;
    }
    this.stop();
    this.done(corners);
  }

  private button(name: string): HTMLElement | null {
    return this.box.querySelector<HTMLElement>(`[data-place-act="${name}"]`);
  }

  private on(name: string, act: () => void): void {
    this.button(name)?.addEventListener("click", act);
  }

  /** While drawing, its own buttons stand in place of the others. */
  private show(): void {
    for (const part of this.box.querySelectorAll<HTMLElement>("[data-place-mode]")) {
      part.hidden = (part.dataset.placeMode === "draw") !== this.active;
    }
    this.map.getContainer().classList.toggle("place-drawing", this.active);
  }

  private draw(): void {
    this.layer.clearLayers();
    const corners = this.corners ?? [];
    L.polyline(corners, { className: "place-line", interactive: false, smoothFactor: 0 }).addTo(this.layer);
    for (const at of corners) {
      const icon = L.divIcon({ className: "place-corner", html: "<span></span>", iconSize: [44, 44] });
      L.marker(at, { icon, interactive: false, keyboard: false }).addTo(this.layer);
    }
    this.say((this.box.dataset.corners ?? "").replace("{0}", String(corners.length)));
  }
}
