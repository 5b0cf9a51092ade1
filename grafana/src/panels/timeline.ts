import {
  LegendDisplayMode,
  LegendPlacement,
  TimelineValueAlignment,
  VisibilityMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { begin, type PanelPlan, type PanelText } from './panel.js';

/** A band for each series, in the colour of its state; white where nothing is known. */
export const timeline = (text: PanelText): PanelPlan => ({
  queries: text.queries,
  build: (set) =>
    begin(new PanelBuilder(), text, set, 'over time')
      .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
      .mergeValues(true)
      .showValue(VisibilityMode.Never)
      .alignValue(TimelineValueAlignment.Left)
      .rowHeight(0.85)
      .fillOpacity(85)
      .lineWidth(0)
      .perPage(25)
      .legend(
        new VizLegendOptionsBuilder()
          .displayMode(LegendDisplayMode.List)
          .placement(LegendPlacement.Bottom)
          .showLegend(true),
      ),
});
