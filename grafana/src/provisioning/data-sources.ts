import { PROVISIONED_UID } from '../database-set.js';

/**
 * Grafana's data sources, as its provisioning reads them; `$NAME` is an environment variable of Grafana's.
 * Both InfluxDBs have the same uid, since dashboards and alert rules are the same: one of the two files is to be installed.
 */

const INFLUXDB = {
  name: 'Holdfast InfluxDB',
  uid: PROVISIONED_UID.influxdb,
  type: 'influxdb',
  access: 'proxy',
  url: '$HOLDFAST_INFLUXDB_URL',
  editable: false,
} as const;

export const influxDb1 = (): unknown => ({
  apiVersion: 1,
  datasources: [
    {
      ...INFLUXDB,
      user: '$HOLDFAST_INFLUXDB_USERNAME',
      jsonData: { dbName: '$HOLDFAST_INFLUXDB_DATABASE', httpMode: 'POST' },
      secureJsonData: { password: '$HOLDFAST_INFLUXDB_PASSWORD' },
    },
  ],
});

/** InfluxQL, not Flux: the bucket is the database, by the mapping that 2.x has for each bucket's own name. */
export const influxDb2 = (): unknown => ({
  apiVersion: 1,
  datasources: [
    {
      ...INFLUXDB,
      jsonData: { dbName: '$HOLDFAST_INFLUXDB_BUCKET', httpMode: 'POST', httpHeaderName1: 'Authorization' },
      secureJsonData: { httpHeaderValue1: 'Token $HOLDFAST_INFLUXDB_TOKEN' },
    },
  ],
});

export const prometheus = (): unknown => ({
  apiVersion: 1,
  datasources: [
    {
      name: 'Holdfast Prometheus',
      uid: PROVISIONED_UID.prometheus,
      type: 'prometheus',
      access: 'proxy',
      url: '$HOLDFAST_PROMETHEUS_URL',
      jsonData: { httpMethod: 'POST', timeInterval: '60s' },
      editable: false,
    },
  ],
});
