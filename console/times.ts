import { roughly, roughlyAhead } from './age.ts'
import { type Html, html } from './html.ts'

/**
 * A time as its age, with the whole time in UTC where the mouse rests. The script of the console
 * keeps the age right, and shows the time of the reader's own zone where that is wanted.
 */
export function ago(iso: string, now: number): Html {
  return timeElement(iso, `${roughly(now - Date.parse(iso))} ago`)
}

/** A time that may be ahead. */
export function ahead(iso: string, now: number): Html {
  return timeElement(iso, roughlyAhead(Date.parse(iso) - now))
}

/** A time as it is, with its date. */
export function absolute(iso: string): Html {
  return html`<time datetime="${iso}" data-whole>${utc(iso)}</time>`
}

/** A duration of milliseconds, as a person reads it. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return roughly(ms)
}

function timeElement(iso: string, text: string): Html {
  return html`<time datetime="${iso}" title="${utc(iso)}">${text}</time>`
}

function utc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}
