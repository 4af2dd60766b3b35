import { type Panel, ROWS } from './panels.ts'

/** Grafana's grid has so many columns. */
const COLUMNS = 24
const STAT_HEIGHT = 4
const HEIGHT = 8

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana puts its variable there.
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }

/** The dashboard of the relay, as Grafana imports it: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export function dashboard(): Readonly<Record<string, unknown>> {
  return {
    uid: 'flux-relay',
    title: 'flux-relay',
    tags: ['flux', 'flux-relay'],
    schemaVersion: 39,
    editable: true,
    refresh: '1m',
    time: { from: 'now-24h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        {
          name: 'cluster',
          label: 'Cluster',
          type: 'query',
          datasource: DATASOURCE,
          query:
            'label_values({__name__=~"flux_relay_last_(event|configuration)_timestamp_seconds"}, cluster)',
          refresh: 2,
          multi: true,
          includeAll: true,
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    panels: panels(),
  }
}

function panels(): readonly unknown[] {
  const tops = ROWS.map((_, at) => ROWS.slice(0, at).reduce((sum, row) => sum + heightOf(row), 0))
  const placed = ROWS.flatMap((row, at) =>
    row.map((panel, place) => {
      const w = COLUMNS / row.length
      return { panel, gridPos: { x: place * w, y: tops[at], w, h: heightOf(row) } }
    }),
  )
  return placed.map(({ panel, gridPos }, at) => ({ id: at + 1, gridPos, ...shown(panel) }))
}

function heightOf(row: readonly Panel[]): number {
  return row.every(({ type }) => type === 'stat') ? STAT_HEIGHT : HEIGHT
}

function shown(panel: Panel) {
  const { title, description, type, unit, queries } = panel
  return {
    title,
    description,
    type,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, ...colours(panel) }, overrides: [] },
    targets: queries.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + at),
      datasource: DATASOURCE,
      expr,
      ...(legend !== '' && { legendFormat: legend }),
      ...(type === 'table' && { format: 'table', instant: true }),
    })),
    ...(type === 'table' && { transformations: tableColumns(panel) }),
  }
}

function colours({ redFrom, redBelow }: Panel) {
  const steps =
    redBelow === undefined
      ? [
          { color: 'green', value: null },
          ...(redFrom === undefined ? [] : [{ color: 'red', value: redFrom }]),
        ]
      : [
          { color: 'red', value: null },
          { color: 'green', value: redBelow },
        ]
  return { thresholds: { mode: 'absolute', steps } }
}

/** One row a cluster, with a column for each query. */
function tableColumns({ queries }: Panel) {
  const names = queries.map(({ legend }, at) => [
    queries.length === 1 ? 'Value' : `Value #${String.fromCharCode('A'.charCodeAt(0) + at)}`,
    legend,
  ])
  return [
    { id: 'merge', options: {} },
    {
      id: 'organize',
      options: { excludeByName: { Time: true }, renameByName: Object.fromEntries(names) },
    },
  ]
}
