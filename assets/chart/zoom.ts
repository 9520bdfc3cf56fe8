import type uPlot from "uplot";

/** What a drag across a chart chose, in unix seconds: the event `chart:range` of its element. */
export interface ChosenRange {
  from: number;
  to: number;
}

/** Narrower than so many pixels is a tap, not a drag. */
const LEAST = 12;

/** A drag with mouse, pen or finger marks a range; scrolling the page up and down still works. */
export function zoomable(plot: uPlot, element: HTMLElement): void {
  const over = plot.over;
  let begin: number | undefined;
  const place = (event: PointerEvent) =>
    Math.max(0, Math.min(over.clientWidth, event.clientX - over.getBoundingClientRect().left));
  const mark = (from: number, to: number) =>
    plot.setSelect({ left: Math.min(from, to), width: Math.abs(to - from), top: 0, height: over.clientHeight }, false);
  over.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    begin = place(event);
    over.setPointerCapture(event.pointerId);
  });
  over.addEventListener("pointermove", (event) => {
    if (begin !== undefined) mark(begin, place(event));
  });
  over.addEventListener("pointercancel", () => {
    begin = undefined;
    mark(0, 0);
  });
  over.addEventListener("pointerup", (event) => {
    if (begin === undefined) return;
    const [left, right] = [begin, place(event)].sort((a, b) => a - b) as [number, number];
    begin = undefined;
    mark(0, 0);
    if (right - left < LEAST) return;
    const detail: ChosenRange = { from: plot.posToVal(left, "x"), to: plot.posToVal(right, "x") };
    element.dispatchEvent(new CustomEvent<ChosenRange>("chart:range", { bubbles: true, detail }));
  });
}
