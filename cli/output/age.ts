import { roughly } from '../../console/age.ts'

/** How long ago an RFC 3339 time was: `5m`, `3h`; `<unknown>` without one, as kubectl shows it. */
export function formatAge(time: unknown, now: number): string {
  const since = typeof time === 'string' ? now - Date.parse(time) : Number.NaN
  return Number.isNaN(since) ? '<unknown>' : roughly(since)
}
