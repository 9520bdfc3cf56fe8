import * as L from "leaflet";

const PIN =
  '<svg viewBox="0 0 30 40" width="36" height="48" aria-hidden="true" focusable="false">' +
  '<path d="M15 39S2 25 2 14a13 13 0 0126 0c0 11-13 25-13 25z" fill="currentColor" stroke="#fff" stroke-width="2"/>' +
  '<circle cx="15" cy="14" r="5" fill="#fff"/></svg>';

/** A point to choose: by click, by dragging, with the arrow keys, or by typing the two numbers. */
export function pick(map: L.Map, latitude: HTMLInputElement, longitude: HTMLInputElement, label: string): void {
  let pin: L.Marker | undefined;
  const icon = L.divIcon({ className: "marker-pin", html: PIN, iconSize: [36, 48], iconAnchor: [18, 47] });

  const write = (at: L.LatLng) => {
    latitude.value = at.lat.toFixed(5);
    longitude.value = at.wrap().lng.toFixed(5);
    for (const input of [latitude, longitude]) input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const place = (at: L.LatLng) => {
    if (pin) {
      pin.setLatLng(at);
      return;
    }
    pin = L.marker(at, { icon, draggable: true, keyboard: true, autoPan: true }).addTo(map);
    pin.on("dragend", () => pin && write(pin.getLatLng()));
    const element = pin.getElement();
    element?.setAttribute("aria-label", label);
    element?.addEventListener("keydown", (event) => {
      const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
      if (!move || !pin) return;
      event.preventDefault();
      event.stopPropagation();
      const step = event.shiftKey ? 40 : 8;
      const at = map.latLngToContainerPoint(pin.getLatLng()).add([(move[0] ?? 0) * step, (move[1] ?? 0) * step]);
      pin.setLatLng(map.containerPointToLatLng(at));
      write(pin.getLatLng());
      map.panInside(pin.getLatLng(), { padding: [40, 60] });
    });
  };
  const read = (move: boolean) => {
    const at = [latitude, longitude].map((input) => Number.parseFloat(input.value.normalize("NFKC")));
    const [lat, lon] = at;
    if (lat === undefined || lon === undefined || !Number.isFinite(lat) || !Number.isFinite(lon)) return;
    if (Math.abs(lat) > 85 || Math.abs(lon) > 180) return;
    place(L.latLng(lat, lon));
    if (move) map.setView([lat, lon], Math.max(map.getZoom(), 12), { animate: false });
  };

  read(true);
  for (const input of [latitude, longitude]) {
    input.addEventListener("change", (event) => event.isTrusted && read(true));
  }
  map.on("click", (event) => {
    place(event.latlng);
    write(event.latlng);
  });
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== map.getContainer()) return;
    event.preventDefault();
    place(map.getCenter());
    write(map.getCenter());
    pin?.getElement()?.focus();
  });
}
