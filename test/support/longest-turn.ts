/**
 * Measures the longest turn of the event loop in which work is done: milliseconds of CPU of this thread,
 * which a busy machine does not make longer.
 *
 * Every turn that takes a millisecond or more is measured by itself, since a timer is due after it. Shorter ones may
 * be added up to a millisecond.
 */
export async function longestTurnDuring(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let before = cpuMs()
  let isOver = false
  const measure = () => {
    const now = cpuMs()
    longest = Math.max(longest, now - before)
    before = now
  }
  const turn = () => {
    measure()
    if (!isOver) setTimeout(turn, 1)
  }
  setTimeout(turn, 1)
  try {
    await work()
    // The turn in which it ended counts too.
    await new Promise(setImmediate)
    measure()
  } finally {
    isOver = true
  }
  return longest
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
