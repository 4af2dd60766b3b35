import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { dashboard } from './dashboard.ts'

/** A file that is made, by its path from the folder `deploy`. */
export interface MadeFile {
  readonly path: string
  readonly text: string
}

const NOTE = '# Made by npm run monitoring.\n'
const CHART = 'charts/flux-relay/files'
const COMPONENT = 'components/relay-monitoring'

/** The alerts and the dashboard, wherever something is installed from. */
export function monitoringFiles(): readonly MadeFile[] {
  const rules = readFileSync(join(import.meta.dirname, 'rules.yaml'), 'utf8')
  const json = `${JSON.stringify(dashboard(), undefined, 2)}\n`
  return [
    { path: 'monitoring/dashboard.json', text: json },
    { path: `${CHART}/dashboard.json`, text: json },
    { path: `${CHART}/rules.yaml`, text: rules },
    { path: `${COMPONENT}/prometheus-rule.yaml`, text: prometheusRule(rules) },
    { path: `${COMPONENT}/dashboard.yaml`, text: dashboardMap(json) },
  ]
}

function prometheusRule(rules: string): string {
  const object = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'flux-relay' },
    spec: parse(rules) as unknown,
  }
  return NOTE + stringify(object, { lineWidth: 110 })
}

/** Grafana's sidecar takes what has this label. */
function dashboardMap(json: string): string {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'flux-relay-dashboard', labels: { grafana_dashboard: '1' } },
    data: { 'flux-relay.json': json },
  }
  return NOTE + stringify(object, { lineWidth: 0 })
}
