import type { Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';

const COLUMNS = 24;

/**
 * Puts panels side by side as long as there is room, and numbers them. A line that is not full is widened to the whole width: a set may lack a panel
 * that the other one has.
 */
export function laidOut(panels: readonly (Panel | RowPanel)[]): (Panel | RowPanel)[] {
  let y = 0;
  return linesOf(panels)
    .flatMap((line) => {
      const height = Math.max(...line.map(heightOf));
      const placed = widened(line).map(({ panel, x, w }) => ({ ...panel, gridPos: { x, y, w, h: heightOf(panel) } }));
      y += height;
      return placed;
    })
    .map((panel, index) => ({ ...panel, id: index + 1 }));
}

const widthOf = (panel: Panel | RowPanel): number => (panel.type === 'row' ? COLUMNS : (panel.gridPos?.w ?? COLUMNS));
const heightOf = (panel: Panel | RowPanel): number => (panel.type === 'row' ? 1 : (panel.gridPos?.h ?? 8));

function linesOf(panels: readonly (Panel | RowPanel)[]): (Panel | RowPanel)[][] {
  const lines: (Panel | RowPanel)[][] = [];
  let room = 0;
  for (const panel of panels) {
    const width = widthOf(panel);
    if (width > room) {
      lines.push([]);
      room = COLUMNS;
    }
    lines.at(-1)?.push(panel);
    room -= width;
  }
  return lines;
}

function widened(line: readonly (Panel | RowPanel)[]): { panel: Panel | RowPanel; x: number; w: number }[] {
  const taken = line.reduce((sum, panel) => sum + widthOf(panel), 0);
  const edges = line.reduce<number[]>(
    (all, panel) => [...all, (all.at(-1) ?? 0) + (widthOf(panel) * COLUMNS) / taken],
    [0],
  );
  return line.map((panel, index) => {
    const [from, to] = [Math.round(edges[index] ?? 0), Math.round(edges[index + 1] ?? COLUMNS)];
    return { panel, x: from, w: to - from };
  });
}
