import uPlot from "uplot";
import { niceRange, placesOf, timeSteps, widthOf, words, zoneOffset, type Words } from "./axis";
import { drawBand, drawGaps, drawLast, drawThreshold, drawUnit, nameGaps, type Theme } from "./draw";
import { zoomable } from "./zoom";

export interface Line {
  label: string;
  values: (number | null)[];
  places?: number;
  low?: (number | null)[];
  high?: (number | null)[];
  scale?: number;
  /** Moments of its own, where those of several lines differ. */
  x?: number[];
}

export interface ChartData {
  kind: "line" | "bars";
  unit: string;
  x?: number[];
  labels?: string[];
  /** The ends of the range, where it is wider than the values. */
  from?: number;
  to?: number;
  /** `scale`: 1 puts a line on an axis of its own at the right, named by `unit2`. */
  series: Line[];
  unit2?: string;
  gaps?: [number, number][];
  threshold?: { value: number; label: string };
  min?: number;
  max?: number;
  timezone?: string;
}

const DASHES: number[][] = [[], [7, 4], [2, 4], [12, 4, 2, 4]];
/** Room left of the lines (at least) and right of them, in pixels. */
const LEFT = 30;
const RIGHT = 28;
const LINES = DASHES.length;

function theme(element: Element): Theme {
  const style = getComputedStyle(element);
  const role = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise;
  return {
    key: role("--key", "#004c59"),
    text: role("--text", "#1a1a1a"),
    text2: role("--text-2", "#4d4d4d"),
    hairline: role("--hairline", "#cccccc"),
    edge: role("--edge-2", "#949494"),
    ground2: role("--ground-2", "#f2f2f2"),
    ground: role("--ground", "#ffffff"),
    threshold: role("--threshold", "#ac3e00"),
    attention: role("--attention", "#8b3200"),
    font: role("--sans", "sans-serif"),
  };
}

function bounds(data: ChartData, scale = 0): { min: number; max: number; step: number } {
  const lines = data.series.filter((line) => (line.scale ?? 0) === scale);
  const all = lines.flatMap((line) => [...line.values, ...(line.low ?? []), ...(line.high ?? [])]);
  const values = all.filter((value): value is number => typeof value === "number");
  if (data.threshold && scale === 0) values.push(data.threshold.value);
  if (!values.length) values.push(0, 1);
  const low = data.min ?? Math.min(...values);
  const high = data.max ?? Math.max(...values);
  return niceRange(low, high, data.kind === "bars");
}

function ends(data: ChartData, x: number[]): [number, number] {
  const from = data.from ?? x[0] ?? 0;
  return [from, data.to ?? x[x.length - 1] ?? from + 1];
}

function yAxis(range: { min: number; max: number; step: number }, say: Words, colours: Theme, right: boolean): uPlot.Axis {
  const places = placesOf(range.step);
  return {
    scale: right ? "y2" : "y",
    side: right ? 1 : 3,
    stroke: colours.text2,
    font: `13px ${colours.font}`,
    size: (_, values) => 14 + 8 * Math.max(2, ...(values ?? []).map((value) => value.length)),
    gap: 6,
    grid: { show: !right, stroke: colours.hairline, width: 1 },
    ticks: { show: false },
    splits: () =>
      Array.from({ length: Math.round((range.max - range.min) / range.step) + 1 }, (_, i) => range.min + i * range.step),
    values: (_, splits) => splits.map((value) => say.number(value, places)),
  };
}

function xAxis(data: ChartData, x: number[], say: Words, colours: Theme, width: number): uPlot.Axis {
  const zone = data.timezone ?? "Asia/Tokyo";
  const most = width < 560 ? 3 : 6;
  const base: uPlot.Axis = {
    stroke: colours.text2,
    font: `13px ${colours.font}`,
    size: 34,
    gap: 4,
    grid: { show: false },
    ticks: { stroke: colours.edge, width: 1, size: 5 },
    border: { show: true, stroke: colours.text2, width: 1 },
  };
  if (data.kind === "bars") {
    const labels = data.labels ?? x.map((value) => say.day(value));
    const each = Math.max(1, Math.ceil(labels.length / (width < 560 ? 4 : 8)));
    return {
      ...base,
      splits: () => labels.map((_, index) => index).filter((index) => index % each === 0 || labels.length <= 8),
      values: (_, splits) => splits.map((index) => labels[index] ?? ""),
    };
  }
  const [from, to] = ends(data, x);
  const steps = timeSteps(from, to, most, zoneOffset(from, zone));
  // The first moment with room for it names its day; one at the left edge would lose half of the word.
  const place = (value: number) => LEFT + ((value - from) / (to - from || 1)) * (width - LEFT - RIGHT);
  const named = steps.values.find((value) => place(value) >= widthOf(say.hour(value, true)) / 2);
  return {
    ...base,
    splits: () => steps.values,
    values: (_, splits) => splits.map((value) => (steps.daily ? say.day(value) : say.hour(value, value === named))),
  };
}

function options(data: ChartData, element: HTMLElement, x: number[], width: number): uPlot.Options {
  const colours = theme(element);
  const say = words(document.documentElement.lang || "ja", data.timezone ?? "Asia/Tokyo");
  const range = bounds(data);
  const second = data.series.some((line) => line.scale === 1) ? bounds(data, 1) : undefined;
  const places = placesOf(range.step);
  const bars = data.kind === "bars";
  const edge = bars ? 0.6 : 0;
  return {
    width,
    height: width < 560 ? 220 : 260,
    padding: [30, bars || second ? 8 : RIGHT, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    select: { show: Boolean(element.dataset.zoom), left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: false, range: () => (bars ? [-edge, x.length - 1 + edge] : ends(data, x)) },
      y: { range: () => [range.min, range.max] },
      ...(second ? { y2: { range: (): [number, number] => [second.min, second.max] } } : {}),
    },
    axes: [
      xAxis(data, x, say, colours, width),
      yAxis(range, say, colours, false),
      ...(second ? [yAxis(second, say, colours, true)] : []),
    ],
    series: [
      {},
      ...data.series.slice(0, LINES).map((series, index) => ({
        label: series.label,
        scale: series.scale === 1 ? "y2" : "y",
        stroke: index === 0 ? colours.key : colours.text2,
        fill: bars ? colours.key : undefined,
        width: bars ? 0 : 2.25,
        dash: DASHES[index],
        spanGaps: false,
        points: { show: false },
        paths: bars ? uPlot.paths.bars?.({ size: [0.62, 64] }) : uPlot.paths.linear?.(),
      })),
    ],
    hooks: {
      drawClear: [
        (plot) => drawGaps(plot, data.gaps ?? [], colours),
        (plot) => data.series.slice(0, LINES).forEach((line, order) => drawBand(plot, line, order, colours)),
      ],
      draw: [
        (plot) => nameGaps(plot, data.gaps ?? [], colours, element.dataset),
        (plot) => drawUnit(plot, data.unit, colours),
        (plot) => data.unit2 && drawUnit(plot, data.unit2, colours, true),
        (plot) => data.threshold && drawThreshold(plot, data.threshold, colours),
        (plot) => !bars && drawLast(plot, data.series, (value, order) => say.number(value, data.series[order]?.places ?? places), colours),
      ],
    },
  };
}

/** Lines with moments of their own on common ones. Where a line has none it goes on; null still breaks it. */
function joined(data: ChartData): void {
  if (!data.series.some((line) => line.x)) return;
  const tables = data.series.map((line): uPlot.AlignedData => [line.x ?? data.x ?? [], line.values]);
  const modes = tables.map(() => [0, 2]);
  const [x, ...columns] = uPlot.join(tables, modes as uPlot.JoinNullMode[][]);
  data.x = [...(x ?? [])] as number[];
  data.series.forEach((line, order) => {
    line.values = [...(columns[order] ?? [])] as (number | null)[];
  });
}

function show(element: HTMLElement): void {
  const source = document.getElementById(element.dataset.chart ?? "");
  if (!source?.textContent || element.dataset.drawn) return;
  element.dataset.drawn = "1";
  const data = JSON.parse(source.textContent) as ChartData;
  joined(data);
  const x = data.kind === "bars" ? (data.series[0]?.values ?? []).map((_, index) => index) : (data.x ?? []);
  const values = [x, ...data.series.slice(0, LINES).map((series) => series.values)] as uPlot.AlignedData;
  let plot: uPlot | undefined;
  let width = 0;
  const draw = () => {
    const now = Math.floor(element.clientWidth);
    if (!now || now === width) return;
    width = now;
    plot?.destroy();
    plot = new uPlot(options(data, element, x, width), values, element);
    if (element.dataset.zoom) zoomable(plot, element);
  };
  const text = source.textContent + JSON.stringify(element.dataset) + "0123456789年月日時";
  const family = getComputedStyle(element).getPropertyValue("--sans");
  const fonts = ["13px", "700 13px"].map((size) => document.fonts.load(`${size} ${family}`, text));
  void Promise.allSettled(fonts).then(() => {
    draw();
    new ResizeObserver(draw).observe(element);
  });
}

function start(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-chart]")) show(element);
}

const page = window as unknown as { machitryChart?: boolean };
if (!page.machitryChart) {
  page.machitryChart = true;
  document.addEventListener("htmx:load", (event) => start(event.target as Element));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => start(document));
}
start(document);
