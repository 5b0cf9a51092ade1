import { startInfluxDb1 } from '../support/influxdb1.js';
import { testInfluxqlSet } from './influxdb.js';

testInfluxqlSet('InfluxDB 1.x', startInfluxDb1);
