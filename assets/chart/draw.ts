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

/** The unit, top left. */
export function drawUnit(plot: uPlot, unit: string, colours: Theme): void {
  pen(plot, (context, scale) => {
    context.font = `${13 * scale}px ${colours.font}`;
    context.fillStyle = colours.text2;
    context.textBaseline = "top";
    context.fillText(unit, 0, 0);
  });
}

/** Time in which nothing arrived: a band with dotted edges and its name, as long as fits. */
export function drawGaps(
  plot: uPlot,
  gaps: [number, number][],
  colours: Theme,
  names: { gap?: string; gapShort?: string },
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
      context.font = `${13 * scale}px ${colours.font}`;
      context.fillStyle = colours.text2;
      context.textAlign = "center";
      const fits = [names.gap ?? "", names.gapShort ?? ""].find(
        (text) => context.measureText(text).width + 8 * scale < right - left,
      );
      const text = fits ?? names.gapShort ?? "";
      context.fillText(text, (left + right) / 2, top + height - 8 * scale);
    });
  }
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

/** The last value of each line: a dot and its number; the name too where there are several. */
export function drawLast(
  plot: uPlot,
  series: { label: string; values: (number | null)[] }[],
  say: (value: number) => string,
  colours: Theme,
): void {
  series.slice(0, 3).forEach((line, order) => {
    let index = line.values.length - 1;
    while (index >= 0 && line.values[index] === null) index -= 1;
    const value = line.values[index];
    const time = plot.data[0][index];
    if (value === null || value === undefined || time === undefined) return;
    pen(plot, (context, scale) => {
      const x = plot.valToPos(time, "x", true);
      const y = plot.valToPos(value, "y", true);
      context.fillStyle = order === 0 ? colours.key : colours.text2;
      context.beginPath();
      context.arc(x, y, 4.5 * scale, 0, 2 * Math.PI);
      context.fill();
      context.font = `700 ${15 * scale}px ${colours.font}`;
      context.fillStyle = colours.text;
      context.textAlign = "right";
      const text = series.length > 1 ? `${line.label} ${say(value)}` : say(value);
      const below = y < plot.bbox.top + plot.bbox.height - 40 * scale;
      context.fillText(text, x + 22 * scale, y + (below ? 22 : -12) * scale);
    });
  });
}
