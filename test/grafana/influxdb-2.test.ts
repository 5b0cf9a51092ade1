import { startInfluxDb2 } from '../support/influxdb2.js';
import { testInfluxqlSet } from './influxdb.js';

testInfluxqlSet('InfluxDB 2.x', startInfluxDb2);
