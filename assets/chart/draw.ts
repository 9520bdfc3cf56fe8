import type uPlot from "uplot";

/** Colours and type of the charts, read from the page's role variables. */
export interface Theme {
  key: string;
  text: string;
  text2: string;
  hairline: string;
  edge: string;
  ground: string;
  ground2: string;
  threshold: string;
  attention: string;
  font: string;
}

function pen(plot: uPlot, work: (context: CanvasRenderingContext2D, scale: number) => void): void {
  plot.ctx.save();
  plot.ctx.textAlign = "left";
  plot.ctx.textBaseline = "alphabetic";
  work(plot.ctx, devicePixelRatio);
  plot.ctx.restore();
}

/** ``text`` in front of lines: a rim of the ground keeps it apart from them. */
function fillClear(context: CanvasRenderingContext2D, text: string, x: number, y: number, ground: string, scale: number): void {
  context.save();
  context.setLineDash([]);
  context.lineJoin = "round";
  context.lineWidth = 5 * scale;
  context.strokeStyle = ground;
  context.strokeText(text, x, y);
  context.restore();
  context.fillText(text, x, y);
}

/** The unit, top left; that of the second axis top right. */
export function drawUnit(plot: uPlot, unit: string, colours: Theme, right = false): void {
  pen(plot, (context, scale) => {
    context.font = `${13 * scale}px ${colours.font}`;
    context.fillStyle = colours.text2;
    context.textBaseline = "top";
    context.textAlign = right ? "right" : "left";
    context.fillText(unit, right ? plot.ctx.canvas.width : 0, 0);
  });
}

/** Time in which nothing arrived: a band with dotted edges. */
export function drawGaps(
  plot: uPlot,
  gaps: [number, number][],
  colours: Theme,
): void {
  for (const [from, to] of gaps) {
    pen(plot, (context, scale) => {
      const left = plot.valToPos(from, "x", true);
      const right = plot.valToPos(to, "x", true);
      const { top, height } = plot.bbox;
      context.fillStyle = colours.ground2;
      context.fillRect(left, top, right - left, height);
      context.strokeStyle = colours.edge;
      context.lineWidth = scale;
      context.setLineDash([2 * scale, 3 * scale]);
      context.beginPath();
      for (const edge of [left, right]) {
        context.moveTo(edge, top);
        context.lineTo(edge, top + height);
      }
      context.stroke();
    });
  }
}

/** What such a time is called, in front of the lines. */
export function nameGaps(
  plot: uPlot,
  gaps: [number, number][],
  colours: Theme,
  names: { gap?: string; gapShort?: string },
): void {
  for (const [from, to] of gaps) {
    pen(plot, (context, scale) => {
      const left = plot.valToPos(from, "x", true);
      const right = plot.valToPos(to, "x", true);
      const { left: begin, top, width, height } = plot.bbox;
      context.font = `${13 * scale}px ${colours.font}`;
      context.fillStyle = colours.text2;
      context.textAlign = "center";
      const wide = (text: string) => context.measureText(text).width;
      const fits = [names.gap ?? "", names.gapShort ?? ""].find((text) => wide(text) + 8 * scale < right - left);
      const text = fits ?? names.gapShort ?? "";
      // At the right edge stand the last values.
      if (fits === undefined && right + wide(text) > begin + width) return;
      const x = Math.min(Math.max((left + right) / 2, begin + wide(text) / 2), begin + width - wide(text) / 2);
      fillClear(context, text, x, top + height - 8 * scale, fits === undefined ? colours.ground : colours.ground2, scale);
    });
  }
}

/** From the lowest to the highest of each point, behind its line; the piece ends where there is nothing. */
export function drawBand(
  plot: uPlot,
  line: { low?: (number | null)[]; high?: (number | null)[]; scale?: number },
  order: number,
  colours: Theme,
): void {
  const { low, high } = line;
  if (!low || !high) return;
  const scale = line.scale === 1 ? "y2" : "y";
  pen(plot, (context) => {
    context.fillStyle = order === 0 ? colours.key : colours.text2;
    context.globalAlpha = 0.2;
    const at = (index: number, values: (number | null)[]): [number, number] => [
      plot.valToPos(plot.data[0][index] ?? 0, "x", true),
      plot.valToPos(values[index] ?? 0, scale, true),
    ];
    let begin = 0;
    for (let index = 0; index <= low.length; index += 1) {
      if (index < low.length && low[index] !== null && high[index] !== null) continue;
      const piece = Array.from({ length: index - begin }, (_, place) => begin + place);
      const edge = [...piece.map((place) => at(place, high)), ...piece.reverse().map((place) => at(place, low))];
      context.beginPath();
      for (const [x, y] of edge) context.lineTo(x, y);
      context.closePath();
      context.fill();
      begin = index + 1;
    }
  });
}

/** A dashed line at the threshold, named with its value. */
export function drawThreshold(plot: uPlot, threshold: { value: number; label: string }, colours: Theme): void {
  pen(plot, (context, scale) => {
    const y = plot.valToPos(threshold.value, "y", true);
    const { left, width } = plot.bbox;
    context.strokeStyle = colours.threshold;
    context.lineWidth = 1.75 * scale;
    context.setLineDash([7 * scale, 4 * scale]);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
    context.font = `700 ${13 * scale}px ${colours.font}`;
    context.textBaseline = "bottom";
    const x = left + 8 * scale;
    const end = context.measureText(threshold.label).width;
    context.fillStyle = colours.ground;
    context.globalAlpha = 0.85;
    context.fillRect(x - 2 * scale, y - 20 * scale, end + 4 * scale, 17 * scale);
    context.globalAlpha = 1;
    context.fillStyle = colours.attention;
    context.fillText(threshold.label, x, y - 4 * scale);
  });
}

/** Labels of lines that end beside one another: none nearer to the next than so many pixels. */
const APART = 19;
/** So far back (px) it is looked whether a line rises or falls to its end. */
const BESIDE = 16;

/** The last value of each line: a dot and its number; the name too where there are several. */
export function drawLast(
  plot: uPlot,
  series: { label: string; values: (number | null)[]; scale?: number }[],
  say: (value: number, order: number) => string,
  colours: Theme,
): void {
  const ends = series.slice(0, 4).flatMap((line, order) => {
    let index = line.values.length - 1;
    while (index >= 0 && typeof line.values[index] !== "number") index -= 1;
    const [value, time] = [line.values[index], plot.data[0][index]];
    if (typeof value !== "number" || time === undefined) return [];
    const x = plot.valToPos(time, "x", true);
    const y = plot.valToPos(value, line.scale === 1 ? "y2" : "y", true);
    let before = index;
    while (before > 0 && x - plot.valToPos(plot.data[0][before] ?? time, "x", true) < BESIDE * devicePixelRatio) before -= 1;
    const from = line.values[before];
    const rise = typeof from === "number" ? y - plot.valToPos(from, line.scale === 1 ? "y2" : "y", true) : 0;
    return [{ order, x, y, rise, text: series.length > 1 ? `${line.label} ${say(value, order)}` : say(value, order) }];
  });
  pen(plot, (context, scale) => {
    const { top, height, left, width } = plot.bbox;
    let lowest = -Infinity;
    for (const end of ends.sort((one, other) => one.y - other.y)) {
      context.fillStyle = end.order === 0 ? colours.key : colours.text2;
      context.beginPath();
      context.arc(end.x, end.y, 4.5 * scale, 0, 2 * Math.PI);
      context.fill();
      context.font = `700 ${(ends.length > 1 ? 13 : 15) * scale}px ${colours.font}`;
      context.textAlign = "right";
      const room = top + height - end.y;
      // Not where the line comes from, as far as there is room.
      const below = (end.rise >= 0 || ends.length > 1) && room > (end.rise > 0 ? 24 : 40) * scale;
      const y = Math.max(end.y + (below ? 22 : -12) * scale, lowest + APART * scale);
      const x = ends.length > 1 ? Math.min(end.x, left + width) - 8 * scale : end.x + 22 * scale;
      lowest = y;
      context.fillStyle = colours.text;
      fillClear(context, end.text, x, y, colours.ground, scale);
    }
  });
}
