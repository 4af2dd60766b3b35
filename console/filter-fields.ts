import { type Html, html } from './html.ts'

/** A filter that a person types. */
export interface FilterField {
  /** Its name in the address, which is that of the API. */
  readonly name: string
  readonly label: string
  /** What the empty field shows. */
  readonly example: string
}

/** The filters that lists of deliveries and of events have in common. */
export const CLUSTER_FIELD = { name: 'cluster', label: 'Cluster', example: 'prod-eu-1' } as const
export const OBJECT_FIELD = {
  ...{ name: 'object', label: 'Object' },
  example: 'HelmRelease/apps/shop',
} as const
export const ALERT_FIELD = {
  name: 'alert',
  label: 'Alert',
  example: 'flux-system/on-call',
} as const
export const SINCE_FIELD = { name: 'since', label: 'Since', example: '1h, or 2026-11-28' } as const
export const UNTIL_FIELD = { name: 'until', label: 'Until', example: '5m, or a time' } as const

/** The input of a filter with its label. `isFirst`: whether the key `/` leads to it. */
export function filterInput(
  { name, label, example }: FilterField,
  value: string | undefined,
  isFirst = false,
): Html {
  const first = isFirst ? html` data-filter` : []
  return html`<label><span>${label}</span><input name="${name}" value="${value ?? ''}" placeholder="${example}"${first}></label>\n`
}
