/** A field of an event as text. All of an event but its object may have any form. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** `2026-11-20T09:14:03Z`, as `--since` reads it. */
export function secondsOf(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z')
}
