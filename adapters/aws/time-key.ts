/** The number of digits of the largest exact time. */
const TIME_DIGITS = 16

/** A time as text that sorts as times do. Milliseconds since the epoch. */
export function timeKey(time: number): string {
  const whole = Math.min(Math.max(0, Math.ceil(time)), Number.MAX_SAFE_INTEGER)
  return String(whole).padStart(TIME_DIGITS, '0')
}

/** A sort key by time, and then by id. Milliseconds since the epoch. */
export function placeAt(time: number, id: string): string {
  return `${timeKey(time)}#${id}`
}

/** Reads the parts of what `placeAt` made. */
export function parsePlace(place: string): { readonly time: number; readonly id: string } {
  return { time: Number(place.slice(0, TIME_DIGITS)), id: place.slice(TIME_DIGITS + 1) }
}
