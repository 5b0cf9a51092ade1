import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { begin, type PanelPlan, type PanelText } from './panel.js';

/** One figure, large, its background in the colour of its threshold. */
export const stat = (text: PanelText): PanelPlan => ({
  queries: text.queries,
  build: (set) =>
    begin(new PanelBuilder(), text, set, 'now')
      .colorMode(BigValueColorMode.Background)
      .graphMode(BigValueGraphMode.None)
      .textMode(BigValueTextMode.Value)
      .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
      .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull'])),
});
