import uPlot from "uplot";
import { niceRange, placesOf, timeSteps, words, zoneOffset, type Words } from "./axis";
import { drawGaps, drawLast, drawThreshold, drawUnit, type Theme } from "./draw";

export interface ChartData {
  kind: "line" | "bars";
  unit: string;
  x?: number[];
  labels?: string[];
  series: { label: string; values: (number | null)[]; places?: number }[];
  gaps?: [number, number][];
  threshold?: { value: number; label: string };
  min?: number;
  max?: number;
  timezone?: string;
}

const DASHES: number[][] = [[], [7, 4], [2, 4]];

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

function bounds(data: ChartData): { min: number; max: number; step: number } {
  const values = data.series.flatMap((series) => series.values).filter((value): value is number => value !== null);
  if (data.threshold) values.push(data.threshold.value);
  if (!values.length) values.push(0, 1);
  const low = data.min ?? Math.min(...values);
  const high = data.max ?? Math.max(...values);
  return niceRange(low, high, data.kind === "bars");
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
  const from = x[0] ?? 0;
  const steps = timeSteps(from, x[x.length - 1] ?? from, most, zoneOffset(from, zone));
  return {
    ...base,
    splits: () => steps.values,
    values: (_, splits) => splits.map((value, index) => (steps.daily ? say.day(value) : say.hour(value, index === 0))),
  };
}

function options(data: ChartData, element: HTMLElement, x: number[], width: number): uPlot.Options {
  const colours = theme(element);
  const say = words(document.documentElement.lang || "ja", data.timezone ?? "Asia/Tokyo");
  const range = bounds(data);
  const places = placesOf(range.step);
  const last = data.series[0]?.places ?? places;
  const bars = data.kind === "bars";
  const edge = bars ? 0.6 : 0;
  return {
    width,
    height: width < 560 ? 220 : 260,
    padding: [30, bars ? 8 : 28, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: false, range: () => (bars ? [-edge, x.length - 1 + edge] : [x[0] ?? 0, x[x.length - 1] ?? 1]) },
      y: { range: () => [range.min, range.max] },
    },
    axes: [
      xAxis(data, x, say, colours, width),
      {
        stroke: colours.text2,
        font: `13px ${colours.font}`,
        size: (_, values) => 14 + 8 * Math.max(2, ...(values ?? []).map((value) => value.length)),
        gap: 6,
        grid: { stroke: colours.hairline, width: 1 },
        ticks: { show: false },
        splits: () =>
          Array.from({ length: Math.round((range.max - range.min) / range.step) + 1 }, (_, i) => range.min + i * range.step),
        values: (_, splits) => splits.map((value) => say.number(value, places)),
      },
    ],
    series: [
      {},
      ...data.series.slice(0, 3).map((series, index) => ({
        label: series.label,
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
      drawClear: [(plot) => drawGaps(plot, data.gaps ?? [], colours, element.dataset)],
      draw: [
        (plot) => drawUnit(plot, data.unit, colours),
        (plot) => data.threshold && drawThreshold(plot, data.threshold, colours),
        (plot) => !bars && drawLast(plot, data.series, (value) => say.number(value, last), colours),
      ],
    },
  };
}

function show(element: HTMLElement): void {
  const source = document.getElementById(element.dataset.chart ?? "");
  if (!source?.textContent || element.dataset.drawn) return;
  element.dataset.drawn = "1";
  const data = JSON.parse(source.textContent) as ChartData;
  const x = data.kind === "bars" ? (data.series[0]?.values ?? []).map((_, index) => index) : (data.x ?? []);
  const values = [x, ...data.series.slice(0, 3).map((series) => series.values)] as uPlot.AlignedData;
  let plot: uPlot | undefined;
  let width = 0;
  const draw = () => {
    const now = Math.floor(element.clientWidth);
    if (!now || now === width) return;
    width = now;
    plot?.destroy();
    plot = new uPlot(options(data, element, x, width), values, element);
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
