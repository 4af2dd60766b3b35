import type { Clock } from '../../relay/ports/clock.ts'

/**
 * How far the relay's time is ahead of the machine's. At `realAt` it is `relayAt`, and from there it
 * runs `factor` times as fast. Milliseconds since the epoch.
 */
export interface ClockSetting {
  readonly realAt: number
  readonly relayAt: number
  readonly factor: number
}

export function relayTimeAt(setting: ClockSetting, real: number): number {
  return Math.floor(setting.relayAt + (real - setting.realAt) * setting.factor)
}

/** The same setting with the time moved on, as if the machine had been off for `ms`, or set by that. */
export function jumped(setting: ClockSetting, ms: number): ClockSetting {
  const realAt = Date.now()
  return { ...setting, realAt, relayAt: relayTimeAt(setting, realAt) + ms }
}

/** The relay's clock, by the setting of now. Random numbers, which are jitter, need not repeat. */
export function relayClock(setting: () => ClockSetting): Clock {
  return {
    now: () => relayTimeAt(setting(), Date.now()),
    elapsed: () => Math.floor(performance.now() * setting().factor),
    random: () => Math.random(),
  }
}
