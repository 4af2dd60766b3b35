/** Whether tests that go through many combinations take all of them, as `npm run test:full` does. */
export const IS_FULL_SIZE = process.env.FLUX_RELAY_FULL_SIZE === '1'

/** How often a property is tried with random values: `few` times, and five times as often at full size. */
export function runsOf(few: number): number {
  return IS_FULL_SIZE ? 5 * few : few
}

/**
 * All of them at full size. Else one of `parts` shares, another one for each next `turn`, so that
 * many turns together go through all.
 */
export function shareOf<T>(all: readonly T[], parts: number, turn: number): readonly T[] {
  return IS_FULL_SIZE ? all : all.filter((_, index) => (index + turn) % parts === 0)
}
