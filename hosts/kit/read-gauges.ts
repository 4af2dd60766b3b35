/** One value of a gauge, with a text for each of its labels. */
export interface ReadValue {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** A gauge whose values are read at every scrape. */
export interface ReadGauge {
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly string[]
  /** All that there is to tell now. When it rejects, the gauge tells nothing in this scrape. */
  readonly read: () => Promise<readonly ReadValue[]>
}

/** A gauge of the library that writes the metrics. */
export interface SettableGauge {
  set(labels: Readonly<Record<string, string>>, value: number): void
  reset(): void
  remove(labels: Readonly<Record<string, string>>): void
}

/** Makes a gauge. `collect` is called at every scrape, before the gauge is written. */
export type MakeGauge = (options: {
  readonly name: string
  readonly help: string
  readonly labelNames: string[]
  readonly collect: () => Promise<void>
}) => SettableGauge

/** Gauges that are read one apart from the other: what cannot be read keeps no other metric from a scrape. */
export interface ReadGauges {
  add(gauge: ReadGauge): void
  /** Why something could not be read since this was asked last; undefined when all of it could. */
  takeFailure(): { readonly error: unknown } | undefined
}

export function createReadGauges(makeGauge: MakeGauge): ReadGauges {
  let failure: { readonly error: unknown } | undefined
  return {
    add({ name, help, labelNames = [], read }) {
      const gauge = makeGauge({
        ...{ name, help, labelNames: [...labelNames] },
        async collect() {
          const values = await read().catch((error: unknown) => {
            failure = { error }
            return []
          })
          gauge.reset()
          // A gauge without labels begins at 0, which nobody has read.
          gauge.remove({})
          for (const { labels = {}, value } of values) gauge.set(labels, value)
        },
      })
    },
    takeFailure() {
      const taken = failure
      failure = undefined
      return taken
    },
  }
}
