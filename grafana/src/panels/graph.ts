import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { begin, type PanelPlan, type PanelText } from './panel.js';

/** `lines`: how something stands; `bars`: how much there was in each interval; `points`: one mark per run. */
export type Drawing = 'lines' | 'bars' | 'points';

/** Figures over time. */
export const graph = (text: PanelText & { readonly drawing: Drawing; readonly stacked?: boolean }): PanelPlan => ({
  queries: text.queries,
  build: (set) => {
    const panel = begin(new PanelBuilder(), text, set, 'over time')
      .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
      .legend(
        new VizLegendOptionsBuilder()
          .displayMode(LegendDisplayMode.Table)
          .placement(LegendPlacement.Bottom)
          .calcs(['lastNotNull', 'max'])
          .showLegend(true),
      )
      .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
    if (text.stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
    switch (text.drawing) {
      case 'lines':
        // Runs lie hours apart: a line goes on over the empty intervals between them.
        return panel
          .drawStyle(GraphDrawStyle.Line)
          .fillOpacity(text.stacked ? 30 : 8)
          .spanNulls(true);
      case 'bars':
        return panel.drawStyle(GraphDrawStyle.Bars).fillOpacity(80).lineWidth(1);
      case 'points':
        return panel.drawStyle(GraphDrawStyle.Points).pointSize(7).showPoints(VisibilityMode.Always);
    }
  },
});
