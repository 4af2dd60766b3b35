/** A panel of the dashboard: what it asks Prometheus, and how it shows the answers. */
export interface Panel {
  readonly title: string
  /** For a person who has not read the documentation. */
  readonly description: string
  readonly type: 'stat' | 'timeseries' | 'table'
  /** Of Grafana: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/ */
  readonly unit: string
  readonly queries: readonly {
    readonly expr: string
    /** How a series is named, with labels in double braces. */
    readonly legend: string
  }[]
  /** From which value on it is red; nothing is when it is absent. */
  readonly redFrom?: number
  /** Below which value it is red. */
  readonly redBelow?: number
}

const one = (expr: string, legend: string) => [{ expr, legend }]

/** The panels of a row stand beside each other. */
export const ROWS: readonly (readonly Panel[])[] = [
  [
    {
      title: 'Given up',
      description:
        'Deliveries that came to nothing in the time shown, and all that nobody has sent again or dismissed: get deliveries --outcome dead',
      type: 'stat',
      unit: 'short',
      queries: [
        {
          expr: 'round(sum(increase(flux_relay_deliveries_total{outcome="dead"}[$__range])))',
          legend: 'given up',
        },
        { expr: 'sum(flux_relay_dead_deliveries)', legend: 'still dead' },
      ],
      redFrom: 1,
    },
    {
      title: 'Oldest open delivery',
      description: 'Since the oldest event came of which something is still to be delivered',
      type: 'stat',
      unit: 's',
      queries: one('max(flux_relay_oldest_open_age_seconds)', ''),
      redFrom: 3_600,
    },
    {
      title: 'Parked destinations',
      description: 'Destinations that fail, or asked to be left alone; their deliveries wait',
      type: 'stat',
      unit: 'short',
      queries: one('sum(flux_relay_parked_destinations{cluster=~"$cluster"})', ''),
      redFrom: 1,
    },
    {
      title: 'Not ready',
      description: 'Alerts and Providers that take no effect: get alerts -A, get providers -A',
      type: 'stat',
      unit: 'short',
      queries: one('sum(flux_relay_objects_not_ready{cluster=~"$cluster"})', ''),
      redFrom: 1,
    },
    {
      title: 'Set aside',
      description: 'Messages that could not be dispatched again and again, or cannot be read',
      type: 'stat',
      unit: 'short',
      queries: one('sum(flux_relay_quarantine_messages)', ''),
      redFrom: 1,
    },
    {
      title: 'Disk free',
      description: 'Of the disk of the data folder',
      type: 'stat',
      unit: 'percentunit',
      queries: one('min(flux_relay_disk_free_bytes / flux_relay_disk_size_bytes)', ''),
      redBelow: 0.1,
    },
  ],
  [
    {
      title: 'Clusters',
      description:
        'Since when nothing came of each cluster; a shipper sends its configuration every ten minutes',
      type: 'table',
      unit: 's',
      queries: [
        {
          expr: 'time() - max by (cluster) (flux_relay_last_event_timestamp_seconds{cluster=~"$cluster"})',
          legend: 'event',
        },
        {
          expr: 'time() - max by (cluster) (flux_relay_last_configuration_timestamp_seconds{cluster=~"$cluster"})',
          legend: 'configuration',
        },
      ],
    },
    {
      title: 'Events accepted',
      description: 'By cluster',
      type: 'timeseries',
      unit: 'short',
      queries: one(
        'sum by (cluster) (increase(flux_relay_events_accepted_total{cluster=~"$cluster"}[$__rate_interval]))',
        '{{cluster}}',
      ),
    },
    {
      title: 'Requests refused, and events not valid',
      description: 'By cause: what a controller sends is lost when it is refused',
      type: 'timeseries',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (cause, cluster) (increase(flux_relay_requests_refused_total[$__rate_interval])) > 0',
          legend: '{{cause}} {{cluster}}',
        },
        {
          expr: 'sum by (cluster) (increase(flux_relay_events_rejected_total{cluster=~"$cluster"}[$__rate_interval])) > 0',
          legend: 'not valid {{cluster}}',
        },
      ],
    },
  ],
  [
    {
      title: 'Deliveries by outcome',
      description: 'Decisions; each retry is one',
      type: 'timeseries',
      unit: 'short',
      queries: one(
        'sum by (outcome) (increase(flux_relay_deliveries_total[$__rate_interval]))',
        '{{outcome}}',
      ),
    },
    {
      title: 'From event to delivery',
      description: 'Half, and nineteen of twenty, are faster',
      type: 'timeseries',
      unit: 's',
      queries: [0.5, 0.95].map((share) => ({
        expr: `histogram_quantile(${share}, sum by (le) (rate(flux_relay_delivery_latency_seconds_bucket[$__rate_interval])))`,
        legend: `${share * 100} %`,
      })),
    },
    {
      title: 'Not delivered, by type',
      description: 'Retries and what was given up',
      type: 'timeseries',
      unit: 'short',
      queries: one(
        'sum by (provider_type, outcome) (increase(flux_relay_deliveries_total{outcome=~"retry|dead"}[$__rate_interval])) > 0',
        '{{provider_type}} {{outcome}}',
      ),
    },
  ],
  [
    {
      title: 'What waits',
      description: 'Events for their first try, retries for their next one',
      type: 'timeseries',
      unit: 'short',
      queries: one('sum by (queue) (flux_relay_queue_depth)', '{{queue}}'),
    },
    {
      title: 'Database and disk',
      description: 'Bytes of the database with its log, and what is free',
      type: 'timeseries',
      unit: 'bytes',
      queries: [
        { expr: 'sum(flux_relay_database_size_bytes)', legend: 'database' },
        { expr: 'min(flux_relay_disk_free_bytes)', legend: 'free' },
      ],
    },
    {
      title: 'The process',
      description: 'Resident memory of each version that runs',
      type: 'timeseries',
      unit: 'bytes',
      queries: one(
        'process_resident_memory_bytes * on (instance, job) group_left (version) flux_relay_build_info',
        '{{version}}',
      ),
    },
  ],
]
